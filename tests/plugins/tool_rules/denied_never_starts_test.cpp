// Through the engine: what policies deny has no tool_call_started, whatever the provider says afterwards.
#include <gtest/gtest.h>

#include <set>

#include "tests/core/engine/support/fake_policy.hpp"
#include "tests/plugins/tool_rules/random_stacks.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::testing {
namespace {

const std::uint32_t kStartsSeed = test::seed_or(20260106);
constexpr int kCallsPerRun = 100;

struct Asked {
  KnownCall call;
  ToolVerdict verdict = ToolVerdict::deny;
};
using AskedCalls = std::map<std::string, Asked>;

// Asks about each call, and then starts it all the same.
void ask_and_start_anyway(ScriptedRun& run, AskedCalls& calls) {
  for (auto& [id, asked] : calls) {
    const std::string text = asked.call.text(id);
    asked.verdict = run.ask_about(text);
    run.emit(EventType::tool_call_started, text);
    run.emit(EventType::tool_call_completed, R"({"tool_call_id":")" + id + R"(","tool_name":"x","tool_output":{}})");
  }
  run.finish(FinishStatus::completed);
}

void use_stack(World& world, const std::vector<StackMember>& stack) {
  for (const StackMember& member : stack) {
    const std::string& name = member.binding.policy->info().name;
    world.wiring.policies[name] = member.binding;
    world.wiring.pipelines["default"].policies.push_back(name);
  }
}

std::multiset<std::string> started_calls(World& world, const std::string& session) {
  std::multiset<std::string> started;
  for (const Event& event : world.events(session)) {
    if (event.type_name != "tool_call_started") continue;
    started.emplace(boost::json::parse(event.data).at("tool_call_id").as_string());
  }
  return started;
}

struct Tally {
  int started = 0;
  int held_back = 0;
};

void check_starts(const std::vector<StackMember>& stack, const AskedCalls& calls,
                  const std::multiset<std::string>& started, Tally& tally) {
  const bool exact = std::all_of(stack.begin(), stack.end(), [](const StackMember& one) { return one.known; });
  for (const auto& [id, asked] : calls) {
    const bool may_start = least_of(stack, asked.call) <= PolicyAction::warn;
    ASSERT_EQ(started.count(id), asked.verdict == ToolVerdict::allow ? 1U : 0U) << shown(stack, asked.call);
    ASSERT_TRUE(may_start || asked.verdict == ToolVerdict::deny) << shown(stack, asked.call);
    if (exact && asked.call.plain && may_start) {
      ASSERT_EQ(asked.verdict, ToolVerdict::allow) << shown(stack, asked.call);
    }
    asked.verdict == ToolVerdict::allow ? ++tally.started : ++tally.held_back;
  }
}

TEST(DeniedCalls, NeverStartWhateverTheStackAndTheProvider) {
  const Places places;
  Tally tally;
  const int runs = test::in_profile(5'000, 100'000) / kCallsPerRun;
  for (int round = 0; round < runs && !HasFatalFailure(); ++round) {
    const std::uint32_t seed = kStartsSeed + static_cast<std::uint32_t>(round);
    SCOPED_TRACE(test::seed_text(seed));
    Random random(seed);
    // What ends a run at its first violation leaves nothing to see.
    std::vector<StackMember> stack = random_stack(places, {PolicyAction::deny, PolicyAction::warn}, false, random);
    if (random() % 3 == 0) {
      StackMember bad = misbehaving(random);
      if (bad.at_least != PolicyAction::cancel) stack.push_back(std::move(bad));
    }
    AskedCalls calls;
    for (int i = 0; i < kCallsPerRun; ++i) calls["c" + std::to_string(i)].call = random_call(places, false, random);
    World world([&](ScriptedRun& run) { ask_and_start_anyway(run, calls); });
    use_stack(world, stack);
    const std::string session = world.active_session();
    const auto result = world.execute(world.pending_run(session));
    ASSERT_TRUE(result) << result.error().message();
    ASSERT_EQ(result->status, RunStatus::completed) << result->error->message();
    check_starts(stack, calls, started_calls(world, session), tally);
  }
  EXPECT_GT(tally.started, runs * kCallsPerRun / 10);
  EXPECT_GT(tally.held_back, runs * kCallsPerRun / 10);
}

TEST(DeniedCalls, OfAPolicyThatEndsTheRunNeverStartNorDoesAnyAfterThem) {
  const Places places;
  for (int round = 0; round < test::in_profile(20, 400) && !HasFatalFailure(); ++round) {
    const std::uint32_t seed = kStartsSeed + static_cast<std::uint32_t>(round);
    SCOPED_TRACE(test::seed_text(seed));
    Random random(seed);
    const std::vector<StackMember> stack = random_stack(places, {PolicyAction::cancel}, false, random);
    AskedCalls calls;
    for (int i = 0; i < kCallsPerRun; ++i)
      calls["c" + std::to_string(100 + i)].call = random_call(places, false, random);
    World world([&](ScriptedRun& run) { ask_and_start_anyway(run, calls); });
    use_stack(world, stack);
    const std::string session = world.active_session();
    const auto result = world.execute(world.pending_run(session));
    ASSERT_TRUE(result) << result.error().message();
    const std::multiset<std::string> started = started_calls(world, session);
    bool ended = false;
    for (const auto& [id, asked] : calls) {
      ended = ended || least_of(stack, asked.call) == PolicyAction::cancel;
      ASSERT_TRUE(!ended || started.count(id) == 0) << shown(stack, asked.call);
    }
    if (ended) {
      ASSERT_EQ(result->error->code(), ErrorCode::policy_violation);
    }
  }
}

TEST(DeniedCalls, APolicyThatHangsEndsItsRunAndTheToolDoesNotStart) {
  const Places places;
  auto let_go = std::make_shared<std::atomic<bool>>(false);
  auto hanging = std::make_shared<FakePolicy>();
  hanging->review = [let_go](std::string_view) -> Result<Decision> {
    while (!let_go->load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return Decision{};
  };
  KnownPolicy all;
  all.allow = std::vector<KnownRule>{KnownRule{"*", {}, {}}};
  const auto allowing = made_of(all, places, "all");
  ASSERT_TRUE(allowing);

  World world([](ScriptedRun& run) {
    EXPECT_EQ(run.ask("c1", "read"), ToolVerdict::deny);
    run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"read","tool_input":{}})");
    run.finish(FinishStatus::completed);
  });
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(100);
  use(world, hanging);
  use_stack(world, {*allowing});
  const std::string session = world.active_session();
  const auto result = world.execute(world.pending_run(session));
  *let_go = true;
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(result->error->code(), ErrorCode::plugin_hung);
  EXPECT_TRUE(started_calls(world, session).empty());
}

}  // namespace
}  // namespace asmgr::testing
