// A provider that answers every run with the run's own document.
#include <asmgr/plugin.hpp>
#include <string>

namespace {

class Echo final : public asmgr::sdk::BlockingProvider {
 public:
  explicit Echo(const asmgr::sdk::Create&) {}

  std::string describe() override {
    return R"({"vendor":"example","capabilities":[],"models":[],"grade":"observe","usage":"delta","heartbeat_ms":0})";
  }

  asmgr::sdk::RunResult run(asmgr::sdk::BlockingRun& run) override {
    const std::string doc(asmgr::sdk::view(run.context().run().doc));
    run.throw_if_cancelled();
    if (!run.emit(asmgr::sdk::event(ASMGR_EV_MESSAGE_RECEIVED, doc))) return {ASMGR_FINISH_CANCELLED, "{}"};
    return {ASMGR_FINISH_COMPLETED, R"({"output":{"echo":)" + doc + "}}"};
  }
};

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<Echo>("echo", "Answers a run with the run's own document",
                                R"({"type":"object","properties":{},"additionalProperties":false})")};
constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"org.example.echo", "Example", "1.0.0", "MIT"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
