// Random calls against random stacks of the real plugin, with policies that misbehave among them.
#include <gtest/gtest.h>

#include "core/policy/run_judge.hpp"
#include "tests/plugins/tool_rules/random_stacks.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::testing {
namespace {

const std::uint32_t kCallsSeed = test::seed_or(20260105);
constexpr int kCallsPerStack = 20;

std::unique_ptr<RunJudge> judge_with(const std::vector<StackMember>& stack) {
  std::vector<PolicyBinding> bindings;
  for (const StackMember& member : stack) bindings.push_back(member.binding);
  asmgr::Run run;
  run.id = "run_1";
  auto judge = RunJudge::begin(stack_policies(bindings, LimitMerge::tightest), Session{}, run);
  if (!judge) throw std::runtime_error(judge.error().message());
  return std::move(*judge);
}

// Every call of a round. `tally` counts by action, so that a test can tell that it has seen some of each.
void judge_calls(const std::vector<StackMember>& stack, const Places& places, Random& random,
                 std::map<PolicyAction, int>& tally) {
  const std::unique_ptr<RunJudge> judge = judge_with(stack);
  const bool exact = std::all_of(stack.begin(), stack.end(), [](const StackMember& one) { return one.known; });
  const bool any_case = std::all_of(stack.begin(), stack.end(),
                                    [](const StackMember& one) { return one.known && one.known->ignore_case; });
  for (int i = 0; i < kCallsPerStack; ++i) {
    const KnownCall call = random_call(places, any_case, random);
    const std::string id = "c" + std::to_string(i);
    const PolicyAction action = judge->review_tool(call.text(id), id).action;
    const PolicyAction least = least_of(stack, call);
    ASSERT_GE(action, least) << shown(stack, call);
    if (call.plain && exact) {
      ASSERT_EQ(action, least) << shown(stack, call);
    }
    ++tally[action];
  }
}

TEST(RandomCalls, AreNeverJudgedMoreMildlyThanTheRulesSayAndPlainOnesExactlySo) {
  const Places places;
  std::map<PolicyAction, int> tally;
  const int rounds = test::in_profile(10'000, 100'000) / kCallsPerStack;
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    const std::uint32_t seed = kCallsSeed + static_cast<std::uint32_t>(round);
    SCOPED_TRACE(test::seed_text(seed));
    Random random(seed);
    std::vector<StackMember> stack = random_stack(
        places, {PolicyAction::cancel, PolicyAction::deny, PolicyAction::request_approval, PolicyAction::warn}, true,
        random);
    if (random() % 4 == 0) {
      const auto place = stack.begin() + static_cast<std::ptrdiff_t>(random() % (stack.size() + 1));
      stack.insert(place, misbehaving(random));
    }
    judge_calls(stack, places, random, tally);
  }
  for (const PolicyAction action : {PolicyAction::allow, PolicyAction::warn, PolicyAction::request_approval,
                                    PolicyAction::deny, PolicyAction::cancel})
    EXPECT_GT(tally[action], rounds / 4) << action_name(action);
}

}  // namespace
}  // namespace asmgr::testing
