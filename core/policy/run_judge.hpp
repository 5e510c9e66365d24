// All policies of one run, asked as one. Serial: no two of its functions run at the same time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/stack.hpp"
#include "core/ports/observer.hpp"

namespace asmgr {

// A violation with the name of the policy that found it, and what that policy wants done.
struct JudgedViolation {
  std::string policy;
  PolicyAction action = PolicyAction::warn;
  Violation violation;
};

struct Judgement {
  PolicyAction action = PolicyAction::allow;  // the strictest answer
  std::vector<JudgedViolation> violations;    // only those not reported before in this run
  std::vector<Hold> holds;                    // preflight only
};

class RunJudge {
 public:
  // Opens every policy's run. A policy that cannot begin is an error when its on_error is not warn. `policies` is kept
  // (shared) for as long as the judge lives, so a policy replaced meanwhile stays valid.
  [[nodiscard]] static Result<std::unique_ptr<RunJudge>> begin(EffectivePolicy policies, const Session& session,
                                                               const Run& run);
  ~RunJudge();

  // A policy that fails (an error, an exception) counts as its on_error says and is itself one violation with rule
  // "policy_error".
  [[nodiscard]] Judgement preflight(std::string_view estimate_json);
  // `subject` keys the once-per-rule latch: denials are reported once per tool call.
  [[nodiscard]] Judgement review_tool(std::string_view tool_call_json, std::string_view tool_call_id);
  // Cheap when nobody wants the type: ask before building a usage.
  [[nodiscard]] bool wants(EventType type) const noexcept;
  // One breach is one violation: a rule that was reported stays silent (its action still counts).
  [[nodiscard]] Judgement observe(const EventView& event, const RunUsage& usage);
  // The same for the policies that want the time. `moment` has the name kTimePassed.
  [[nodiscard]] Judgement time_passed(const EventView& moment, const RunUsage& usage);
  // How long the run may take, in milliseconds of RunUsage::elapsed_ms, ascending: each `max_duration_ms` that a policy
  // which wants the time declares, and that of all together. Once more than one of them has passed, they are told.
  [[nodiscard]] const std::vector<std::int64_t>& durations() const noexcept { return durations_; }

  // `slow` is called when a policy took longer than `limit` over one event.
  using SlowObserve = std::function<void(const std::string& policy, std::chrono::nanoseconds took)>;
  void watch_observe(std::chrono::nanoseconds limit, SlowObserve slow);

  // `observer` (may be null; outlives the judge) is told how long the policies take; of observe in portions.
  void report_calls_to(Observer* observer) noexcept { observer_ = observer; }

  [[nodiscard]] const EffectivePolicy& policy() const noexcept { return policies_; }

 private:
  RunJudge() = default;
  struct Member;
  class Collector;
  template <typename Call>
  auto timed(const Member& member, std::string_view function, Call&& call) -> decltype(call());
  void observed(Member& member, std::chrono::nanoseconds took);
  void observe_by(Member& member, const EventView& event, const RunUsage& usage, Collector& collector);
  EffectivePolicy policies_;
  std::vector<Member> members_;
  std::set<std::string> reported_;
  std::uint64_t wanted_ = 0;  // bit per EventType
  bool wants_unknown_ = false;
  std::vector<std::int64_t> durations_;
  std::chrono::nanoseconds observe_limit_ = std::chrono::nanoseconds::max();
  SlowObserve slow_observe_;
  Observer* observer_ = nullptr;
};

}  // namespace asmgr
