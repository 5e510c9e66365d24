// What a run keeps of its policies, and what its provider is told by them.
#include <boost/json/parse.hpp>

#include "core/model/json.hpp"
#include "tests/core/engine/support/fake_policy.hpp"

namespace asmgr::testing {
namespace {

constexpr std::string_view kKept = R"({
  "names": ["fake"], "limits": {"max_turns": 3}, "limit_merge": "last_wins", "tool_rules": [{"deny": ["bash"]}],
  "on_violation": "cancel", "metadata": {},
  "rules": [{"policy": "fake", "rule": "max_turns", "action": "cancel", "needs": "cancel", "enforced_by": "provider",
             "source": "asmgr.yaml:8"},
            {"policy": "fake", "rule": "deny", "action": "deny", "needs": "intercept", "enforced_by": "host",
             "source": "asmgr.yaml:7"}]})";

// A policy of two rules, one of which its provider holds by itself.
std::shared_ptr<FakePolicy> two_rules(World& world) {
  auto policy = std::make_shared<FakePolicy>();
  policy->declared().limits["max_turns"] = 3;
  policy->declared().tool_rules = boost::json::parse(R"([{"deny": ["bash"]}])").as_array();
  policy->declared().needs = {PolicyNeed{"max_turns", EnforcementGrade::cancel, PolicyAction::cancel},
                              PolicyNeed{"deny", EnforcementGrade::intercept, PolicyAction::deny}};
  policy->compiled = boost::json::parse(R"({"options": {"max_turns": 3}, "enforces": ["max_turns"]})").as_object();
  use(world, policy);
  PolicySource source{"asmgr.yaml:7", {}};
  source.keys["max_turns"] = "asmgr.yaml:8";
  world.wiring.policies["fake"].source = std::make_shared<const PolicySource>(source);
  world.wiring.pipelines["default"].limit_merge = LimitMerge::last_wins;
  world.provider->honour({"max_turns"});
  return policy;
}

boost::json::value kept_of(World& world, const std::string& run_id) {
  const auto run = world.manager().get_run(run_id);
  EXPECT_TRUE(run) << run.error().message();
  const boost::json::object* kept = run ? find_object(run->metadata, "effective_policy") : nullptr;
  return kept == nullptr ? boost::json::value(nullptr) : boost::json::value(*kept);
}

TEST(EffectivePolicy, IsKeptWithTheRunThatBegan) {
  std::string options;
  World world([&](ScriptedRun& run) {
    options = run.context().options;
    run.finish(FinishStatus::completed);
  });
  two_rules(world);
  const std::string id = world.pending_run(world.active_session());
  ASSERT_TRUE(world.execute(id));
  EXPECT_EQ(kept_of(world, id), boost::json::parse(kKept));
  EXPECT_EQ(options, R"({"max_turns":3})");
}

TEST(EffectivePolicy, IsKeptWithARunThatWasRefused) {
  World world(complete_with_text);
  two_rules(world)->check = [] { return Decision{PolicyAction::cancel, {Violation{"max_turns", "not today"}}}; };
  const std::string id = world.pending_run(world.active_session());
  const auto result = world.execute(id);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(world.provider->starts, 0);
  EXPECT_EQ(kept_of(world, id), boost::json::parse(kKept));
}

TEST(EffectivePolicy, SaysWhenNobodyHoldsARule) {
  World world(complete_with_text, "memory", EnforcementGrade::cancel);
  two_rules(world);
  world.wiring.policies["fake"].on_unenforceable = OnUnenforceable::warn;
  const std::string id = world.pending_run(world.active_session());
  const auto result = world.execute(id);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->warnings.size(), 1U);
  EXPECT_EQ(kept_of(world, id).at("rules").at(1).at("enforced_by"), "none");
}

TEST(EffectivePolicy, APolicyThatHangsWhileItIsCompiledEndsItsRunAlone) {
  auto let_go = std::make_shared<std::atomic<bool>>(false);
  World world(complete_with_text);
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(100);
  two_rules(world)->on_compile = [let_go] {
    while (!let_go->load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  const auto ended = world.execute(world.pending_run(world.active_session()));
  *let_go = true;
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(world.provider->starts, 0);
  EXPECT_EQ(ended->status, RunStatus::failed);
  EXPECT_EQ(ended->error->code(), ErrorCode::plugin_hung);
}

TEST(EffectivePolicy, ARunWithoutPoliciesKeepsNothing) {
  World world(complete_with_text);
  const std::string id = world.pending_run(world.active_session());
  ASSERT_TRUE(world.execute(id));
  EXPECT_TRUE(kept_of(world, id).is_null());
}

TEST(EffectivePolicy, HoldsTheRunsOwnPoliciesAfterThePipelines) {
  World world(complete_with_text);
  two_rules(world);
  auto own = std::make_shared<FakePolicy>();
  own->declared().name = "own";
  own->declared().limits["max_turns"] = 9;
  own->declared().on_violation = PolicyAction::warn;
  own->declared().metadata["team"] = "blue";
  const std::string id = world.pending_run(world.active_session());
  ExecuteRunOptions options;
  options.run_id = id;
  options.execution.policies.emplace_back(PolicyBinding{own, OnPolicyError::cancel, OnUnenforceable::refuse});
  ASSERT_TRUE(world.manager().execute_run(std::move(options)));
  const boost::json::value kept = kept_of(world, id);
  EXPECT_EQ(kept.at("names"), boost::json::parse(R"(["fake", "own"])"));
  EXPECT_EQ(kept.at("limits").at("max_turns"), 9) << "the last one wins here";
  EXPECT_EQ(kept.at("on_violation"), "cancel") << "the strictest";
  EXPECT_EQ(kept.at("metadata").at("team"), "blue");
}

}  // namespace
}  // namespace asmgr::testing
