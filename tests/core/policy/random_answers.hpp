// Policies that answer at random, and runs that are judged by them.
#pragma once

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/policy/run_judge.hpp"
#include "tests/core/policy/scripted_policy.hpp"

namespace asmgr::testing {

inline constexpr std::size_t kQuestions = 7;  // preflight, then reviews and observations in turn

// What a policy does when it is asked.
enum class Said : std::uint8_t {
  allow,
  warn,
  request_approval,
  deny,
  cancel,
  nothing,          // most policies have nothing to say to most questions
  cancel_unsaid,    // without a reason
  unknown_action,   // none of this version
  reason_to_allow,  // a violation beside allow
  no_details,       // details that are no JSON
  bad_hold,
  error,
  exception,
};
inline constexpr std::size_t kSayings = 13;

// The same whatever stands around the policy.
struct Answers {
  std::string name;
  OnPolicyError on_error = OnPolicyError::cancel;
  bool begins = true;
  bool observes = true;
  std::vector<Said> by_question;
};

inline Answers random_answers(std::mt19937& random, int number) {
  Answers answers;
  answers.name = "p" + std::to_string(number);
  answers.on_error = static_cast<OnPolicyError>(random() % 3);
  answers.begins = random() % 20 != 0;
  answers.observes = random() % 4 != 0;
  for (std::size_t i = 0; i < kQuestions; ++i)
    answers.by_question.push_back(random() % 3 == 0 ? Said::nothing : static_cast<Said>(random() % kSayings));
  return answers;
}

inline std::vector<Answers> random_stack(std::mt19937& random, std::size_t most) {
  std::vector<Answers> stack;
  const auto size = random() % (most + 1);
  for (std::size_t i = 0; i < size; ++i) stack.push_back(random_answers(random, static_cast<int>(i)));
  return stack;
}

inline Result<Decision> answer(const Answers& answers, std::size_t question) {
  const Said said = answers.by_question[question];
  const std::string rule = "rule" + std::to_string(question % 3);
  const char* const details = question % 2 == 0 ? R"({"kind":"tool_denied"})" : R"({"kind":"budget_exceeded"})";
  switch (said) {
    case Said::allow:
    case Said::nothing:
    case Said::bad_hold:
      return Decision{};
    case Said::cancel_unsaid:
      return Decision{PolicyAction::cancel, {}};
    case Said::unknown_action:
      return broken(static_cast<PolicyAction>(9), rule, details);
    case Said::reason_to_allow:
      return broken(PolicyAction::allow, rule, details);
    case Said::no_details:
      return broken(PolicyAction::deny, rule, "{");
    case Said::error:
      return Error(ErrorCode::internal_error, "failed");
    case Said::exception:
      throw std::runtime_error("thrown");
    default:
      return broken(static_cast<PolicyAction>(said), rule, details);
  }
}

inline PolicyBinding binding_of(const Answers& answers, const std::size_t& question) {
  Script script;
  script.begin = [&answers]() -> Result<void> {
    if (!answers.begins) return Error(ErrorCode::internal_error, "cannot begin");
    return {};
  };
  script.preflight = [&answers, &question](std::vector<Hold>& holds) {
    holds.push_back(
        Hold{answers.name + "_tokens", "total_tokens", answers.by_question[question] == Said::bad_hold ? -1 : 10, 100});
    return answer(answers, question);
  };
  script.review_tool = [&answers, &question](std::string_view) { return answer(answers, question); };
  script.observe = [&answers, &question](const EventView&, const RunUsage&, Decision& decision) -> Result<void> {
    Result<Decision> said = answer(answers, question);
    if (said.has_error()) return said.error();
    decision = *said;
    return {};
  };
  PolicyInfo info = named(answers.name);
  info.observes_all = answers.observes;
  return bind(std::move(info), script, answers.on_error);
}

using Reported = std::set<std::tuple<std::string, PolicyAction, std::string, std::string>>;

struct Outcome {
  bool refused = false;               // some policy could not begin
  std::vector<PolicyAction> actions;  // one per question
  std::vector<Reported> reported;
  std::multiset<std::string> holds;
  bool operator==(const Outcome&) const = default;
};

inline void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << (outcome.refused ? "refused" : "") << outcome.holds.size() << " holds";
  for (std::size_t i = 0; i < outcome.actions.size(); ++i) {
    *out << "\n  " << i << ": " << action_name(outcome.actions[i]);
    for (const auto& [policy, action, rule, message] : outcome.reported[i])
      *out << ", " << policy << " " << action_name(action) << " " << rule << " (" << message << ")";
  }
}

// What two stacks say together.
inline Outcome combined(const Outcome& a, const Outcome& b) {
  if (a.refused || b.refused) return Outcome{true, {}, {}, {}};
  Outcome both = a;
  for (std::size_t i = 0; i < both.actions.size(); ++i) {
    both.actions[i] = std::max(a.actions[i], b.actions[i]);
    both.reported[i].insert(b.reported[i].begin(), b.reported[i].end());
  }
  both.holds.insert(b.holds.begin(), b.holds.end());
  return both;
}

inline Judgement ask(RunJudge& judge, std::size_t question) {
  const std::string call = "c" + std::to_string(question / 3);
  const std::string data = R"({"tool_call_id":")" + call + R"("})";
  if (question == 0) return judge.preflight("{}");
  if (question % 2 == 1) return judge.review_tool("{}", call);
  EventView event;
  event.type = EventType::tool_call_started;
  event.data = data;
  return judge.observe(event, RunUsage{});
}

// A run under the stack; with `twice` every policy is listed a second time.
inline Outcome judge_run(const std::vector<Answers>& stack, bool twice = false) {
  std::size_t question = 0;
  std::vector<PolicyBinding> bindings;
  for (const Answers& answers : stack) bindings.push_back(binding_of(answers, question));
  if (twice) {
    const std::vector<PolicyBinding> again = bindings;
    bindings.insert(bindings.end(), again.begin(), again.end());
  }
  Outcome outcome;
  Result<std::unique_ptr<RunJudge>> begun =
      RunJudge::begin(stack_policies(bindings, LimitMerge::tightest), Session{}, asmgr::Run{});
  if (begun.has_error()) {
    outcome.refused = true;
    return outcome;
  }
  for (; question < kQuestions; ++question) {
    const Judgement judgement = ask(**begun, question);
    outcome.actions.push_back(judgement.action);
    Reported reported;
    for (const JudgedViolation& violation : judgement.violations)
      reported.emplace(violation.policy, violation.action, violation.violation.rule, violation.violation.message);
    outcome.reported.push_back(std::move(reported));
    for (const Hold& hold : judgement.holds) outcome.holds.insert(hold.policy + ":" + hold.counter);
  }
  return outcome;
}

}  // namespace asmgr::testing
