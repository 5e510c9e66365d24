// A provider with sessions of its own, as programs that drive a model have them. Its model calls the tool "write" once
// and says how it was started.
#include <asmgr/plugin.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <string>

namespace {

namespace json = boost::json;
namespace sdk = asmgr::sdk;

class NativeProvider final : public sdk::BlockingProvider, public sdk::ProviderResume {
 public:
  explicit NativeProvider(const sdk::Create&) {}

  std::string describe() override {
    return R"({"vendor":"test","capabilities":[],"models":[],"grade":"intercept","usage":"total"})";
  }
  std::string token(std::uint64_t) override { return "native-1"; }
  void forget(std::string_view) override {}

  sdk::RunResult run(sdk::BlockingRun& run) override {
    const std::string_view token = run.context().resume_token();
    const json::object doc = json::parse(sdk::view(run.context().run().doc)).as_object();
    json::object said;
    said["content"] = "started with token '" + std::string(token) + "' and input " + json::serialize(doc.at("input"));
    if (!run.emit(sdk::event(ASMGR_EV_MESSAGE_STREAMED, json::serialize(said)))) return {ASMGR_FINISH_CANCELLED, "{}"};
    const sdk::Verdict verdict =
        run.ask(R"({"tool_call_id":"w1","tool_name":"write","tool_input":{"file":"written"}})");
    if (verdict.cancelled) return {ASMGR_FINISH_CANCELLED, "{}"};
    if (verdict.allowed) {
      std::ofstream("written", std::ios::app) << "once\n";
      static_cast<void>(run.emit(sdk::event(ASMGR_EV_TOOL_CALL_COMPLETED,
                                            R"({"tool_call_id":"w1","tool_name":"write","tool_output":"written"})")));
    }
    return {ASMGR_FINISH_COMPLETED, R"({"output":{"content":"done"}})"};
  }
};

constexpr asmgr_component kComponents[] = {
    sdk::component<NativeProvider>("native", "Resumes its own sessions", R"({"type":"object"})")};
constexpr asmgr_plugin kPlugin = sdk::plugin({"com.asmgr.test.native", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
