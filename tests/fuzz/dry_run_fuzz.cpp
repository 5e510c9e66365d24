// Lines of `policy test`: logs, recordings and tool calls, in any mixture.
#include "core/policy/dry_run.hpp"

#include <numeric>

#include "core/model/json.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

// Reads all that it is given and objects to every third thing.
class Objector final : public Policy, public PolicyRun {
 public:
  Objector() {
    info_.name = "objector";
    info_.observes_all = true;
  }
  const PolicyInfo& info() const noexcept override { return info_; }
  Result<std::unique_ptr<PolicyRun>> begin(std::string_view, const Session&, const Run& run) override {
    require(run.input.is_object(), "a run has an input");
    return std::unique_ptr<PolicyRun>(std::make_unique<Objector>());
  }
  Result<boost::json::object> compile(std::string_view, const ProviderInfo&) override { return boost::json::object(); }

  Result<Decision> preflight(std::string_view estimate, std::vector<Hold>&) override {
    require(check_json_object(estimate, "estimate").has_value(), "the estimate is an object", estimate);
    return decide(PolicyAction::warn);
  }
  Result<Decision> review_tool(std::string_view call) override {
    const auto parsed = parse_json_object(call, "call");
    require(parsed.has_value() && find_string(*parsed, "tool_call_id").has_value(), "a call has an id", call);
    return decide(PolicyAction::deny);
  }
  Result<void> observe(const EventView& event, const RunUsage& usage, Decision& decision) override {
    require(check_json_object(event.data, "data").has_value(), "the data of an event is an object", event.data);
    require(usage.elapsed_ms >= 0 && usage.tool_calls >= 0, "usage only grows", event.data);
    decision = decide(PolicyAction::cancel);
    return {};
  }

 private:
  Decision decide(PolicyAction action) {
    if (++asked_ % 3 != 0) return {};
    return Decision{action, {Violation{"rule_" + std::to_string(asked_), "objects"}}};
  }
  PolicyInfo info_;
  int asked_ = 0;
};

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr;
  std::string_view text = fuzz::as_text(data, size);
  const std::vector<PolicyBinding> policies{PolicyBinding{std::make_shared<fuzz::Objector>()}};
  DryRun dry_run(stack_policies(policies, LimitMerge::tightest), UsageSource{}, PriceTable::shipped());
  std::uint64_t told = 0;
  while (!text.empty()) {
    const std::string_view line = fuzz::take_line(text);
    const auto decisions = dry_run.add(line);
    if (!decisions) fuzz::require(!decisions.error().message().empty(), "a refusal says why", line);
    if (decisions) told += decisions->size();
  }
  const auto& counts = dry_run.summary().decisions;
  fuzz::require(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == told, "every decision is counted");
  return 0;
}
