// What policies decide together, whatever they are and in whatever order they are written.
#include <gtest/gtest.h>

#include "tests/core/policy/random_answers.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr {
namespace {

using testing::Answers;
using testing::judge_run;
using testing::Outcome;

const std::uint32_t kDecisionsSeed = test::seed_or(20260102);

int stacks_in_profile() {
  return test::in_profile(10'000, 100'000);
}

constexpr PolicyAction kActions[] = {PolicyAction::allow, PolicyAction::warn, PolicyAction::request_approval,
                                     PolicyAction::deny, PolicyAction::cancel};

// Asked of a judge, not of the enum.
PolicyAction together(std::initializer_list<PolicyAction> actions) {
  std::vector<PolicyBinding> policies;
  for (const PolicyAction action : actions) {
    testing::Script script;
    script.review_tool = [action](std::string_view) {
      return action == PolicyAction::allow ? Decision{} : testing::broken(action, "rule");
    };
    policies.push_back(testing::bind(testing::named("p" + std::to_string(policies.size())), script));
  }
  const auto judge = RunJudge::begin(stack_policies(policies, LimitMerge::tightest), Session{}, asmgr::Run{});
  return (*judge)->review_tool("{}", "c1").action;
}

TEST(Strictness, IsATotalOrderOfAllActions) {
  for (const PolicyAction a : kActions) {
    EXPECT_EQ(together({a}), a);
    EXPECT_EQ(together({a, a}), a) << "a policy more that says the same changes nothing";
    for (const PolicyAction b : kActions) {
      const PolicyAction stricter = together({a, b});
      EXPECT_TRUE(stricter == a || stricter == b) << "one of the two is the stricter one";
      EXPECT_EQ(together({b, a}), stricter) << "whoever is asked first";
      for (const PolicyAction c : kActions) {
        EXPECT_EQ(together({a, b, c}), together({together({a, b}), c}));
        EXPECT_EQ(together({a, b, c}), together({a, together({b, c})}));
      }
    }
  }
  for (std::size_t i = 1; i < std::size(kActions); ++i)
    EXPECT_EQ(together({kActions[i - 1], kActions[i]}), kActions[i]) << "and this is the order";
}

TEST(Decisions, DoNotDependOnTheOrderOfPolicies) {
  for (int round = 0; round < stacks_in_profile(); ++round) {
    const std::uint32_t seed = kDecisionsSeed + static_cast<std::uint32_t>(round);
    std::mt19937 random(seed);
    std::vector<Answers> stack = testing::random_stack(random, 4);
    const Outcome written = judge_run(stack);
    std::shuffle(stack.begin(), stack.end(), random);
    ASSERT_EQ(judge_run(stack), written) << test::seed_text(seed) << stack.size() << " policies";
  }
}

// With the order of policies out of the way: however a stack is taken apart, its parts say together what it says.
TEST(Decisions, OfAStackAreThoseOfItsPartsCombined) {
  for (int round = 0; round < stacks_in_profile(); ++round) {
    const std::uint32_t seed = kDecisionsSeed + static_cast<std::uint32_t>(round);
    std::mt19937 random(seed);
    const std::vector<Answers> stack = testing::random_stack(random, 4);
    const auto cut = stack.begin() + static_cast<std::ptrdiff_t>(random() % (stack.size() + 1));
    const Outcome parts = testing::combined(judge_run({stack.begin(), cut}), judge_run({cut, stack.end()}));
    ASSERT_EQ(judge_run(stack), parts) << test::seed_text(seed) << stack.size() << " policies";
  }
}

TEST(Decisions, AreTheSameWhenEveryPolicyIsListedTwice) {
  for (int round = 0; round < stacks_in_profile(); ++round) {
    const std::uint32_t seed = kDecisionsSeed + static_cast<std::uint32_t>(round);
    std::mt19937 random(seed);
    const std::vector<Answers> stack = testing::random_stack(random, 2);
    const Outcome once = judge_run(stack);
    Outcome twice = judge_run(stack, true);
    // A hold that is named twice is held once, by who takes holds.
    const std::set<std::string> distinct(twice.holds.begin(), twice.holds.end());
    twice.holds = {distinct.begin(), distinct.end()};
    ASSERT_EQ(twice, once) << test::seed_text(seed) << stack.size() << " policies";
  }
}

TEST(Decisions, AreNeverLooserWithAPolicyMore) {
  for (int round = 0; round < stacks_in_profile(); ++round) {
    const std::uint32_t seed = kDecisionsSeed + static_cast<std::uint32_t>(round);
    std::mt19937 random(seed);
    std::vector<Answers> stack = testing::random_stack(random, 3);
    const Outcome before = judge_run(stack);
    const auto place = stack.begin() + static_cast<std::ptrdiff_t>(random() % (stack.size() + 1));
    stack.insert(place, testing::random_answers(random, 99));
    const Outcome after = judge_run(stack);
    ASSERT_TRUE(after.refused || !before.refused) << test::seed_text(seed);
    if (after.refused) continue;
    for (std::size_t i = 0; i < testing::kQuestions; ++i) {
      ASSERT_GE(after.actions[i], before.actions[i]) << test::seed_text(seed) << "question " << i;
      ASSERT_TRUE(std::ranges::includes(after.reported[i], before.reported[i])) << test::seed_text(seed);
    }
    ASSERT_TRUE(std::ranges::includes(after.holds, before.holds)) << test::seed_text(seed);
  }
}

}  // namespace
}  // namespace asmgr
