// Whatever order policies are written in, a run is judged the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include "core/policy/run_judge.hpp"
#include "tests/core/policy/scripted_policy.hpp"

namespace asmgr {
namespace {

using Reported = std::set<std::tuple<std::string, PolicyAction, std::string, std::string>>;

struct Outcome {
  std::vector<PolicyAction> actions;  // one per question
  std::vector<Reported> reported;
  bool refused = false;  // some policy could not begin
  bool operator==(const Outcome&) const = default;
};

// What a random policy answers to each of the questions of a run; the same whatever stands around it.
struct Answers {
  std::string name;
  OnPolicyError on_error;
  bool begins;
  std::vector<int> by_question;  // 0..4: an action; 5: an error; 6: an exception; 7: cancel without a reason
};

Result<Decision> answer(const Answers& answers, std::size_t question) {
  const int what = answers.by_question[question];
  const std::string rule = "rule" + std::to_string(question % 3);
  if (what == 5) return Error(ErrorCode::internal_error, "failed");
  if (what == 6) throw std::runtime_error("thrown");
  if (what == 7) return Decision{PolicyAction::cancel, {}};
  if (what == 0) return Decision{};
  return testing::broken(static_cast<PolicyAction>(what), rule,
                         question % 2 == 0 ? R"({"kind":"tool_denied"})" : R"({"kind":"budget_exceeded"})");
}

constexpr std::size_t kQuestions = 9;

Answers random_answers(std::mt19937& random, int number) {
  Answers answers;
  answers.name = "p" + std::to_string(number);
  answers.on_error = static_cast<OnPolicyError>(random() % 3);
  answers.begins = random() % 10 != 0;
  for (std::size_t i = 0; i < kQuestions; ++i) answers.by_question.push_back(static_cast<int>(random() % 8));
  return answers;
}

PolicyBinding binding_of(const Answers& answers, const std::size_t& question) {
  testing::Script script;
  script.begin = [&answers]() -> Result<void> {
    if (!answers.begins) throw std::runtime_error("cannot begin");
    return {};
  };
  script.preflight = [&answers, &question](std::vector<Hold>&) { return answer(answers, question); };
  script.review_tool = [&answers, &question](std::string_view) { return answer(answers, question); };
  script.observe = [&answers, &question](const EventView&, const RunUsage&, Decision& decision) -> Result<void> {
    Result<Decision> said = answer(answers, question);
    if (said.has_error()) return said.error();
    decision = *said;
    return {};
  };
  return testing::bind(testing::named(answers.name), script, answers.on_error);
}

Outcome judge_run(const std::vector<Answers>& stack) {
  std::size_t question = 0;
  std::vector<PolicyBinding> bindings;
  for (const Answers& answers : stack) bindings.push_back(binding_of(answers, question));
  Outcome outcome;
  Result<std::unique_ptr<RunJudge>> begun =
      RunJudge::begin(stack_policies(bindings, LimitMerge::tightest), Session{}, Run{});
  if (begun.has_error()) {
    outcome.refused = true;
    return outcome;
  }
  RunJudge& judge = **begun;
  EventView event;
  event.type = EventType::tool_call_started;
  for (; question < kQuestions; ++question) {
    const std::string call = "c" + std::to_string(question / 3);
    const std::string data = R"({"tool_call_id":")" + call + R"("})";
    event.data = data;
    const Judgement judgement = question == 0       ? judge.preflight("{}")
                                : question % 2 == 1 ? judge.review_tool("{}", call)
                                                    : judge.observe(event, RunUsage{});
    outcome.actions.push_back(judgement.action);
    Reported reported;
    for (const JudgedViolation& violation : judgement.violations)
      reported.emplace(violation.policy, violation.action, violation.violation.rule, violation.violation.message);
    outcome.reported.push_back(std::move(reported));
  }
  return outcome;
}

TEST(OrderOfPolicies, NeverChangesTheActionsOrTheViolations) {
  std::mt19937 random(20260102);
  for (int round = 0; round < 500; ++round) {
    std::vector<Answers> stack;
    const int size = static_cast<int>(random() % 5);
    for (int i = 0; i < size; ++i) stack.push_back(random_answers(random, i));
    const Outcome written = judge_run(stack);
    std::shuffle(stack.begin(), stack.end(), random);
    ASSERT_EQ(judge_run(stack), written) << "round " << round << ", " << size << " policies";
  }
}

TEST(OrderOfPolicies, TheActionIsTheStrictestOfWhatEachPolicySaysAlone) {
  std::mt19937 random(7);
  for (int round = 0; round < 150; ++round) {
    std::vector<Answers> stack;
    for (int i = 0; i < 3; ++i) {
      stack.push_back(random_answers(random, i));
      stack.back().begins = true;
    }
    const Outcome together = judge_run(stack);
    for (std::size_t question = 0; question < kQuestions; ++question) {
      PolicyAction strictest = PolicyAction::allow;
      for (const Answers& answers : stack) strictest = std::max(strictest, judge_run({answers}).actions[question]);
      ASSERT_EQ(together.actions[question], strictest) << "round " << round << ", question " << question;
    }
  }
}

}  // namespace
}  // namespace asmgr
