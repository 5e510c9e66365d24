// What policies declare, stacked in any order and any grouping.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <limits>
#include <map>
#include <random>

#include "core/policy/stack.hpp"
#include "tests/core/policy/scripted_policy.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr {
namespace {

namespace json = boost::json;

const std::uint32_t kStackSeed = test::seed_or(20260104);

// Among them numbers that a double cannot tell apart.
json::value random_bound(std::mt19937& random) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53U;
  const auto near = static_cast<std::int64_t>(random() % 5) - 2;
  switch (random() % 5) {
    case 0:
      return near;
    case 1:
      return static_cast<double>(near) + (random() % 2 == 0 ? 0.5 : 0.0);
    case 2:
      return kExact + near;
    case 3:
      return static_cast<double>(kExact + near);
    default:
      return std::numeric_limits<std::uint64_t>::max() - random() % 3;
  }
}

PolicyInfo random_declaration(std::mt19937& random, std::size_t number) {
  PolicyInfo info = testing::named("p" + std::to_string(number));
  for (const char* name : {"max_turns", "max_total_tokens", "max_cost_usd"}) {
    if (random() % 2 == 0) info.limits.emplace(name, random_bound(random));
  }
  info.on_violation = static_cast<PolicyAction>(1 + random() % 4);
  for (auto i = random() % 3; i > 0; --i) {
    const std::string name = "t" + std::to_string(random() % 4);
    info.tool_rules.push_back(json::object{{random() % 2 == 0 ? "allow" : "deny", json::array{json::string(name)}}});
  }
  if (random() % 2 == 0) info.metadata.emplace("owner", json::object{{"team", random() % 3}, {info.name, 1}});
  return info;
}

std::vector<PolicyBinding> random_declarations(std::mt19937& random, std::size_t least, std::size_t most) {
  std::vector<PolicyBinding> stack;
  for (auto i = least + random() % (most - least + 1); i > 0; --i)
    stack.push_back(testing::bind(random_declaration(random, i)));
  return stack;
}

// A policy that declares what a stack declares together.
PolicyBinding as_one(std::span<const PolicyBinding> stack, LimitMerge merge) {
  const json::object combined = stack_policies(stack, merge).combined;
  PolicyInfo info = testing::named("stack");
  info.limits = combined.at("limits").as_object();
  info.tool_rules = combined.at("tool_rules").as_array();
  info.metadata = combined.at("metadata").as_object();
  info.on_violation = *parse_action(std::string_view(combined.at("on_violation").as_string()));
  return testing::bind(std::move(info));
}

// As text, in which 1 and 1.0 differ; without what is in written order by definition.
std::string ordered_part(std::span<const PolicyBinding> stack) {
  const json::object combined = stack_policies(stack, LimitMerge::tightest).combined;
  std::map<std::string, std::string> limits;
  for (const auto& [name, bound] : combined.at("limits").as_object()) limits[name] = json::serialize(bound);
  std::string text = json::serialize(combined.at("on_violation"));
  for (const auto& [name, bound] : limits) text.append(" ").append(name).append("=").append(bound);
  return text;
}

json::object without_names(std::span<const PolicyBinding> stack, LimitMerge merge) {
  json::object combined = stack_policies(stack, merge).combined;
  combined.erase("names");
  return combined;
}

// Numbers of every kind, without rounding.
long double exactly(const json::value& number) {
  if (number.is_int64()) return static_cast<long double>(number.get_int64());
  if (number.is_uint64()) return static_cast<long double>(number.get_uint64());
  return static_cast<long double>(number.get_double());
}

template <typename Property>
void for_random_stacks(std::size_t least, std::size_t most, Property&& property) {
  for (int round = 0; round < test::in_profile(10'000, 100'000) && !::testing::Test::HasFatalFailure(); ++round) {
    const std::uint32_t seed = kStackSeed + static_cast<std::uint32_t>(round);
    SCOPED_TRACE(test::seed_text(seed));
    std::mt19937 random(seed);
    property(random_declarations(random, least, most), random);
  }
}

TEST(StackedLimits, DoNotDependOnTheOrderOfPolicies) {
  for_random_stacks(0, 5, [](std::vector<PolicyBinding> stack, std::mt19937& random) {
    const std::string written = ordered_part(stack);
    std::shuffle(stack.begin(), stack.end(), random);
    ASSERT_EQ(ordered_part(stack), written);
  });
}

TEST(StackedLimits, AreTheTightestOfEachName) {
  for_random_stacks(1, 4, [](const std::vector<PolicyBinding>& stack, std::mt19937&) {
    const EffectivePolicy effective = stack_policies(stack, LimitMerge::tightest);
    const json::object& limits = effective.combined.at("limits").as_object();
    for (const PolicyBinding& binding : stack) {
      for (const auto& [name, bound] : binding.policy->info().limits)
        ASSERT_LE(exactly(limits.at(name)), exactly(bound)) << name;
    }
    for (const json::key_value_pair& limit : limits) {
      const bool is_somebodys = std::any_of(stack.begin(), stack.end(), [&](const PolicyBinding& binding) {
        const json::value* own = binding.policy->info().limits.if_contains(limit.key());
        return own != nullptr && exactly(*own) == exactly(limit.value());
      });
      ASSERT_TRUE(is_somebodys) << limit.key();
    }
  });
}

TEST(StackedPolicies, MeanTheSameHoweverTheyAreGrouped) {
  for (const LimitMerge merge : {LimitMerge::tightest, LimitMerge::last_wins}) {
    for_random_stacks(2, 5, [merge](const std::vector<PolicyBinding>& stack, std::mt19937& random) {
      const std::span<const PolicyBinding> all(stack);
      const std::size_t cut = 1 + random() % (stack.size() - 1);
      const std::vector<PolicyBinding> parts{as_one(all.first(cut), merge), as_one(all.subspan(cut), merge)};
      ASSERT_EQ(without_names(parts, merge), without_names(all, merge));
    });
  }
}

TEST(StackedPolicies, SayNothingNewWhenListedTwice) {
  for_random_stacks(1, 4, [](std::vector<PolicyBinding> stack, std::mt19937&) {
    json::object once = without_names(stack, LimitMerge::tightest);
    const std::vector<PolicyBinding> again = stack;
    stack.insert(stack.end(), again.begin(), again.end());
    json::object twice = without_names(stack, LimitMerge::tightest);
    once.erase("tool_rules");  // one after the other, by definition
    twice.erase("tool_rules");
    ASSERT_EQ(twice, once);
  });
}

TEST(StackedPolicies, AreNeverLooserWithAPolicyMore) {
  for_random_stacks(1, 4, [](std::vector<PolicyBinding> stack, std::mt19937& random) {
    const EffectivePolicy before = stack_policies(stack, LimitMerge::tightest);
    const auto place = stack.begin() + static_cast<std::ptrdiff_t>(random() % (stack.size() + 1));
    stack.insert(place, testing::bind(random_declaration(random, 99)));
    const EffectivePolicy after = stack_policies(stack, LimitMerge::tightest);
    for (const auto& [name, bound] : before.combined.at("limits").as_object())
      ASSERT_LE(exactly(after.combined.at("limits").as_object().at(name)), exactly(bound)) << name;
    const auto strictness = [](const EffectivePolicy& policy) {
      return *parse_action(std::string_view(policy.combined.at("on_violation").as_string()));
    };
    ASSERT_GE(strictness(after), strictness(before));
    const json::array& rules = after.combined.at("tool_rules").as_array();
    for (const json::value& rule : before.combined.at("tool_rules").as_array())
      ASSERT_NE(std::find(rules.begin(), rules.end(), rule), rules.end());
  });
}

}  // namespace
}  // namespace asmgr
