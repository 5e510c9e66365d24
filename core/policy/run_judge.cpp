#include "core/policy/run_judge.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kPolicyError = "policy_error";
constexpr std::string_view kUnexplained = "unexplained";
// Calls of observe that are handed to the observer at a time.
constexpr std::uint32_t kObservePortion = 256;

// Runs one call into a policy. Whatever escapes it becomes the policy's own error: `what` names the call.
template <typename Call>
auto guarded(std::string_view what, Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    return Error(ErrorCode::plugin_misbehaved, std::string(what) + " threw: " + thrown.what());
  } catch (...) {
    return Error(ErrorCode::plugin_misbehaved, std::string(what) + " threw something that is no exception");
  }
}

PolicyAction action_of(OnPolicyError on_error) noexcept {
  switch (on_error) {
    case OnPolicyError::warn:
      return PolicyAction::warn;
    case OnPolicyError::deny:
      return PolicyAction::deny;
    case OnPolicyError::cancel:
      return PolicyAction::cancel;
  }
  return PolicyAction::cancel;
}

std::uint64_t bit_of(EventType type) noexcept {
  const auto number = static_cast<std::uint32_t>(type);
  return type == EventType::unknown || number >= 64 ? 0 : std::uint64_t{1} << number;
}

bool is_tool_call(EventType type) noexcept {
  return type == EventType::tool_call_started || type == EventType::tool_call_completed ||
         type == EventType::tool_call_failed;
}

std::string tool_call_id_of(const EventView& event) {
  const Result<boost::json::object> data = parse_json_object(event.data, "event data");
  if (data.has_error()) return {};
  return std::string(find_string(*data, "tool_call_id").value_or(std::string_view()));
}

// What the latch of a violation is keyed by besides policy and rule.
struct Breach {
  std::string kind;           // a rule may first be warned of and later be broken in another way
  bool of_tool_call = false;  // it names a tool: the next call may break the same rule anew
};

Breach breach_of(const Violation& violation) {
  const Result<boost::json::object> details = parse_json_object(violation.details, "violation details");
  if (details.has_error()) return {};
  const std::string kind(find_string(*details, "kind").value_or(std::string_view()));
  return Breach{kind, kind == "tool_denied" || details->contains("tool_name")};
}

Violation failure_violation(std::string_view policy, const Error& error) {
  boost::json::object details{{"kind", kPolicyError}, {"error", error.to_json()}};
  return Violation{std::string(kPolicyError), "policy \"" + std::string(policy) + "\" failed: " + error.message(),
                   to_text(details)};
}

// Makes what a policy said well-formed: an action within the enum, never allow beside a violation, details that are an
// object.
void put_in_order(Decision& decision) {
  if (decision.action > PolicyAction::cancel) decision.action = PolicyAction::cancel;
  if (decision.action == PolicyAction::allow && !decision.violations.empty()) decision.action = PolicyAction::warn;
  for (Violation& violation : decision.violations) {
    if (violation.details.empty() || check_json_object(violation.details, "violation details").has_error())
      violation.details = "{}";
  }
}

// Empty where there is none, or one that no run lives to see.
std::optional<std::int64_t> duration_in(const boost::json::object& limits) {
  constexpr double kThirtyYears = 1e12;
  const std::optional<double> ms = find_number(limits, "max_duration_ms");
  if (!ms || !(*ms >= 0 && *ms < kThirtyYears)) return std::nullopt;
  return static_cast<std::int64_t>(*ms);
}

// Ascending, each once.
std::vector<std::int64_t> durations_to_tell(const EffectivePolicy& policies) {
  std::set<std::int64_t> durations;
  bool wanted = false;
  for (const PolicyBinding& binding : policies.policies) {
    const PolicyInfo& info = binding.policy->info();
    if (!info.wants_time) continue;
    wanted = true;
    if (const auto own = duration_in(info.limits)) durations.insert(*own);
  }
  const boost::json::object* combined = find_object(policies.combined, "limits");
  if (wanted && combined != nullptr) {
    if (const auto of_all = duration_in(*combined)) durations.insert(*of_all);
  }
  return {durations.begin(), durations.end()};
}

bool are_sound(const std::vector<Hold>& holds) noexcept {
  return std::all_of(holds.begin(), holds.end(),
                     [](const Hold& hold) { return !hold.counter.empty() && hold.amount >= 0; });
}

}  // namespace

struct RunJudge::Member {
  const PolicyBinding* binding = nullptr;
  std::unique_ptr<PolicyRun> run;    // null when it could not begin
  std::optional<Error> begin_error;  // set when run is null
  std::string key;                   // the same for a policy that is listed twice
  std::uint64_t wanted = 0;          // bit per EventType
  bool wants_unknown = false;
  bool has_spoken = false;  // it gave some reason in this run
  PluginCalls observes;     // made and not yet reported
  std::uint32_t unreported = 0;

  [[nodiscard]] const std::string& name() const noexcept { return binding->policy->info().name; }
  [[nodiscard]] bool wants(EventType type) const noexcept {
    const std::uint64_t bit = bit_of(type);
    return bit == 0 ? wants_unknown : (wanted & bit) != 0;
  }
};

// Collects the answers to one question. `tool_call_id` keys the latch of what is reported once per tool call.
class RunJudge::Collector {
 public:
  // What belongs to the tool call rather than to the run.
  enum class PerCall : std::uint8_t { everything, what_names_a_tool };

  Collector(RunJudge& judge, PerCall per_call) : judge_(judge), per_call_(per_call) {}

  void add(Member& member, Decision&& decision, std::string_view tool_call_id) {
    if (decision.action == PolicyAction::allow && decision.violations.empty()) return;
    put_in_order(decision);
    judgement_.action = std::max(judgement_.action, decision.action);
    if (decision.violations.empty() && (per_call_ == PerCall::everything || !member.has_spoken)) {
      decision.violations.push_back(Violation{std::string(kUnexplained),
                                              "policy \"" + member.name() + "\" answered " +
                                                  std::string(action_name(decision.action)) + " without saying why",
                                              R"({"kind":"unexplained"})"});
    }
    for (Violation& violation : decision.violations)
      report(member, decision.action, std::move(violation), tool_call_id);
  }

  void fail(Member& member, const Error& error, std::string_view tool_call_id) {
    Decision decision{action_of(member.binding->on_error), {}};
    decision.violations.push_back(failure_violation(member.name(), error));
    add(member, std::move(decision), tool_call_id);
  }

  void hold(const Member& member, std::vector<Hold>&& holds) {
    for (Hold& hold : holds) {
      hold.policy = member.name();
      judgement_.holds.push_back(std::move(hold));
    }
  }

  [[nodiscard]] Judgement take() { return std::move(judgement_); }

 private:
  void report(Member& member, PolicyAction action, Violation violation, std::string_view tool_call_id) {
    const Breach breach = breach_of(violation);
    std::string key = member.key;
    key.append(1, '\0').append(violation.rule).append(1, '\0').append(breach.kind).append(1, '\0');
    if (per_call_ == PerCall::everything || breach.of_tool_call) key.append(tool_call_id);
    // Also when a policy that is listed twice has said it already for both.
    member.has_spoken = true;
    if (!judge_.reported_.insert(std::move(key)).second) return;
    judgement_.violations.push_back(JudgedViolation{member.name(), action, std::move(violation)});
  }

  RunJudge& judge_;
  PerCall per_call_;
  Judgement judgement_;
};

RunJudge::~RunJudge() {
  for (const Member& member : members_) {
    if (observer_ != nullptr && member.unreported != 0) observer_->plugin_called(member.observes);
  }
}

template <typename Call>
auto RunJudge::timed(const Member& member, std::string_view function, Call&& call) -> decltype(call()) {
  if (observer_ == nullptr) return guarded(function, call);
  const auto began = std::chrono::steady_clock::now();
  auto answer = guarded(function, call);
  PluginCalls calls;
  calls.plugin = member.name();
  calls.function = function;
  calls.add(std::chrono::steady_clock::now() - began);
  observer_->plugin_called(calls);
  return answer;
}

void RunJudge::observed(Member& member, std::chrono::nanoseconds took) {
  if (took > observe_limit_) slow_observe_(member.name(), took);
  if (observer_ == nullptr) return;
  member.observes.add(took);
  if (++member.unreported < kObservePortion) return;
  observer_->plugin_called(member.observes);
  member.observes.counts = {};
  member.observes.total = {};
  member.unreported = 0;
}

Result<std::unique_ptr<RunJudge>> RunJudge::begin(EffectivePolicy policies, const Session& session, const Run& run) {
  std::unique_ptr<RunJudge> judge(new RunJudge());
  judge->policies_ = std::move(policies);
  judge->durations_ = durations_to_tell(judge->policies_);
  const std::vector<PolicyBinding>& bindings = judge->policies_.policies;
  judge->members_.reserve(bindings.size());
  for (const PolicyBinding& binding : bindings) {
    Member member;
    member.binding = &binding;
    member.observes.plugin = binding.policy->info().name;
    member.observes.function = "observe";
    const auto first = std::find_if(bindings.begin(), bindings.end(),
                                    [&](const PolicyBinding& other) { return other.policy == binding.policy; });
    member.key = std::to_string(first - bindings.begin());

    Result<std::unique_ptr<PolicyRun>> opened =
        guarded("begin", [&] { return binding.policy->begin(judge->policies_.combined_text, session, run); });
    if (opened.has_value() && *opened == nullptr)
      opened = Error(ErrorCode::plugin_misbehaved, "begin returned no state for the run");
    if (opened.has_error() && binding.on_error != OnPolicyError::warn) {
      return Error(ErrorCode::policy_violation,
                   "policy \"" + member.name() + "\" could not begin run " + run.id + ": " + opened.error().message())
          .with_details({{"policy", member.name()}, {"kind", kPolicyError}, {"error", opened.error().to_json()}});
    }
    if (opened.has_error()) {
      member.begin_error = opened.error();
    } else {
      member.run = std::move(*opened);
      const PolicyInfo& info = binding.policy->info();
      for (const EventType type : info.events) member.wanted |= bit_of(type);
      if (info.observes_all) member.wanted = ~std::uint64_t{0};
      member.wants_unknown = info.observes_all ||
                             std::find(info.events.begin(), info.events.end(), EventType::unknown) != info.events.end();
    }
    judge->wanted_ |= member.wanted;
    judge->wants_unknown_ = judge->wants_unknown_ || member.wants_unknown;
    judge->members_.push_back(std::move(member));
  }
  return judge;
}

Judgement RunJudge::preflight(std::string_view estimate_json) {
  Collector collector(*this, Collector::PerCall::what_names_a_tool);
  for (Member& member : members_) {
    if (member.run == nullptr) {
      collector.fail(member, *member.begin_error, {});
      continue;
    }
    std::vector<Hold> holds;
    Result<Decision> answer = timed(member, "preflight", [&] { return member.run->preflight(estimate_json, holds); });
    if (answer.has_value() && !are_sound(holds))
      answer = Error(ErrorCode::plugin_misbehaved, "preflight asked for a hold without a counter or below zero");
    if (answer.has_error()) {
      collector.fail(member, answer.error(), {});
      continue;
    }
    collector.add(member, std::move(*answer), {});
    collector.hold(member, std::move(holds));
  }
  return collector.take();
}

Judgement RunJudge::review_tool(std::string_view tool_call_json, std::string_view tool_call_id) {
  Collector collector(*this, Collector::PerCall::everything);
  for (Member& member : members_) {
    if (member.run == nullptr) {
      collector.fail(member, *member.begin_error, {});
      continue;
    }
    Result<Decision> answer = timed(member, "review_tool", [&] { return member.run->review_tool(tool_call_json); });
    if (answer.has_error()) {
      collector.fail(member, answer.error(), tool_call_id);
      continue;
    }
    collector.add(member, std::move(*answer), tool_call_id);
  }
  return collector.take();
}

void RunJudge::watch_observe(std::chrono::nanoseconds limit, SlowObserve slow) {
  observe_limit_ = limit;
  slow_observe_ = std::move(slow);
}

bool RunJudge::wants(EventType type) const noexcept {
  const std::uint64_t bit = bit_of(type);
  return bit == 0 ? wants_unknown_ : (wanted_ & bit) != 0;
}

Judgement RunJudge::observe(const EventView& event, const RunUsage& usage) {
  Collector collector(*this, Collector::PerCall::what_names_a_tool);
  for (Member& member : members_) {
    if (member.run != nullptr && member.wants(event.type)) observe_by(member, event, usage, collector);
  }
  return collector.take();
}

Judgement RunJudge::time_passed(const EventView& moment, const RunUsage& usage) {
  Collector collector(*this, Collector::PerCall::what_names_a_tool);
  for (Member& member : members_) {
    const bool wants = member.run != nullptr && member.binding->policy->info().wants_time;
    if (wants) observe_by(member, moment, usage, collector);
  }
  return collector.take();
}

void RunJudge::observe_by(Member& member, const EventView& event, const RunUsage& usage, Collector& collector) {
  Decision decision;
  const auto began = std::chrono::steady_clock::now();
  const Result<void> outcome = guarded("observe", [&] { return member.run->observe(event, usage, decision); });
  observed(member, std::chrono::steady_clock::now() - began);
  if (outcome.has_error()) return collector.fail(member, outcome.error(), {});
  // A denial belongs to its call, so that what review_tool said of the call is not said again; a breached bound
  // belongs to the run.
  const bool of_tool_call = is_tool_call(event.type) && !decision.violations.empty();
  collector.add(member, std::move(decision), of_tool_call ? tool_call_id_of(event) : std::string());
}

}  // namespace asmgr
