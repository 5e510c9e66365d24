// A policy: a run may call so many tools and no more.
#include <asmgr/plugin.hpp>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

constexpr std::string_view kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "max_calls": {"type": "integer", "minimum": 0, "default": 10, "description": "Tool calls that a run may make"}
  }
})";

// The config is valid against the schema and complete, so its one integer is all that stands behind the colon. With
// more to read, use a JSON library; asmgr::toolkit_json brings one.
std::int64_t max_calls_of(std::string_view config) {
  const std::string text(config);
  return std::strtoll(text.c_str() + text.find(':') + 1, nullptr, 10);
}

// The state of one run. Its calls come one after the other, so it needs no lock.
class QuotaRun final : public asmgr::sdk::PolicyRun {
 public:
  explicit QuotaRun(std::int64_t max_calls) : max_calls_(max_calls) {}

  void review_tool(std::string_view, asmgr::sdk::Decision& decision) override {
    if (calls_ < max_calls_) {
      ++calls_;
      return;
    }
    decision.violate(ASMGR_DENY, "max_calls",
                     "this run has made all " + std::to_string(max_calls_) + " tool calls that it may make",
                     R"({"kind":"tool_denied"})");
  }

 private:
  std::int64_t max_calls_;
  std::int64_t calls_ = 0;
};

class CallQuota final : public asmgr::sdk::Policy {
 public:
  explicit CallQuota(const asmgr::sdk::Create& create) : max_calls_(max_calls_of(create.config)) {}

  std::string declare() override {
    return R"({"limits":{},"tool_rules":[],"on_violation":"deny","metadata":{},"events":[],
               "needs":[{"rule":"max_calls","grade":"intercept","action":"deny"}]})";
  }

  std::unique_ptr<asmgr::sdk::PolicyRun> begin(std::string_view, const asmgr_session&, const asmgr_run&) override {
    return std::make_unique<QuotaRun>(max_calls_);
  }

 private:
  std::int64_t max_calls_;
};

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<CallQuota>("call_quota", "A run may call so many tools and no more", kSchema)};
constexpr asmgr_plugin kPlugin =
    asmgr::sdk::plugin({"org.example.call_quota", "Example", "1.0.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
