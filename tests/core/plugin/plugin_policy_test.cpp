#include "core/plugin/plugin_policy.hpp"

#include <gtest/gtest.h>

#include "core/plugin/factory.hpp"
#include "tests/core/plugin/fake_component.hpp"

namespace asmgr {
namespace {

using test::fake_of;
using test::text;

struct FakePolicy {
  static const void* table(std::string_view id);
  std::string declaration =
      R"({"limits":{"max_total_tokens":10},"on_violation":"deny","events":["run_started","from.later"],
                               "needs":[{"rule":"r","grade":"cancel","action":"deny"}]})";
  std::function<asmgr_status(asmgr_decision*, const asmgr_sink*)> preflight;
  std::function<asmgr_status(asmgr_decision*, asmgr_error*)> review;
  std::function<asmgr_status(const asmgr_event*, const asmgr_usage*, asmgr_decision*)> observe;
  std::function<asmgr_status(const asmgr_sink*)> compile;
  std::vector<std::string> calls;
  bool destroyed = false;
};

const void* FakePolicy::table(std::string_view id) {
  static const asmgr_policy policy = [] {
    asmgr_policy table{};
    table.size = sizeof table;
    table.declare = [](asmgr_instance* self, const asmgr_sink* sink, asmgr_error*) noexcept -> asmgr_status {
      test::push_text(sink, fake_of<FakePolicy>(self).declaration);
      return ASMGR_OK;
    };
    table.begin = [](asmgr_instance* self, asmgr_str effective, const asmgr_session* session, const asmgr_run* run,
                     asmgr_policy_run** out, asmgr_error*) noexcept -> asmgr_status {
      fake_of<FakePolicy>(self).calls.push_back("begin " + text(effective) + " " + text(session->id) + " " +
                                                text(run->id));
      *out = reinterpret_cast<asmgr_policy_run*>(self);
      return ASMGR_OK;
    };
    table.end = [](asmgr_instance* self, asmgr_policy_run*) noexcept {
      fake_of<FakePolicy>(self).calls.push_back("end");
    };
    table.preflight = [](asmgr_instance* self, asmgr_policy_run*, asmgr_str, asmgr_decision* decision,
                         const asmgr_sink* holds, asmgr_error*) noexcept -> asmgr_status {
      return fake_of<FakePolicy>(self).preflight(decision, holds);
    };
    table.review_tool = [](asmgr_instance* self, asmgr_policy_run*, asmgr_str, asmgr_decision* decision,
                           asmgr_error* error) noexcept -> asmgr_status {
      return fake_of<FakePolicy>(self).review(decision, error);
    };
    table.observe = [](asmgr_instance* self, asmgr_policy_run*, const asmgr_event* event, const asmgr_usage* usage,
                       asmgr_decision* decision, asmgr_error*) noexcept -> asmgr_status {
      return fake_of<FakePolicy>(self).observe(event, usage, decision);
    };
    table.compile = [](asmgr_instance* self, asmgr_str, asmgr_str, const asmgr_sink* sink,
                       asmgr_error*) noexcept -> asmgr_status { return fake_of<FakePolicy>(self).compile(sink); };
    return table;
  }();
  return id == ASMGR_IFACE_POLICY ? &policy : nullptr;
}

class PluginPolicyTest : public testing::Test {
 protected:
  std::unique_ptr<Policy> make() {
    auto made = create_policy(component_.ref(), "rules", component_.config());
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : nullptr;
  }
  void begin() {
    policy_ = make();
    auto begun = policy_->begin("{}", test::a_session(), test::a_run());
    ASSERT_TRUE(begun);
    run_ = std::move(*begun);
  }
  std::string refused(std::string declaration) {
    fake_.declaration = std::move(declaration);
    const auto made = create_policy(component_.ref(), "rules", component_.config());
    return made ? "(made)" : made.error().message();
  }

  FakePolicy fake_;
  test::FakeComponent<FakePolicy> component_{ComponentKind::policy, fake_};
  std::unique_ptr<Policy> policy_;
  std::unique_ptr<PolicyRun> run_;
};

TEST_F(PluginPolicyTest, TellsWhatItDeclares) {
  const PolicyInfo info = make()->info();
  EXPECT_EQ(info.name, "rules");
  EXPECT_EQ(info.limits.at("max_total_tokens").as_int64(), 10);
  EXPECT_EQ(info.on_violation, PolicyAction::deny);
  EXPECT_EQ(info.events, std::vector<EventType>{EventType::run_started}) << "types of a newer host are skipped";
  ASSERT_EQ(info.needs.size(), 1U);
  EXPECT_EQ(info.needs[0].grade, EnforcementGrade::cancel);
}

TEST_F(PluginPolicyTest, TheTimeIsWantedByItsNameAndIsNotAmongAllEvents) {
  fake_.declaration = R"({"events":["time_passed","run_started"]})";
  const PolicyInfo info = make()->info();
  EXPECT_TRUE(info.wants_time);
  EXPECT_EQ(info.events, std::vector<EventType>{EventType::run_started});
  fake_.declaration = R"({"events":["*"]})";
  EXPECT_FALSE(make()->info().wants_time);
}

TEST_F(PluginPolicyTest, AStarObservesEverything) {
  fake_.declaration = R"({"events":["*"]})";
  EXPECT_TRUE(make()->info().observes_all);
}

TEST_F(PluginPolicyTest, ADeclarationIsReadStrictly) {
  const std::string lie = "plugin 'fake' cannot be loaded: /fake.asmgr.so: rules.declare broke the plugin contract: ";
  const std::string author = "; tell the plugin's author";
  EXPECT_EQ(refused(R"({"limits":{"a":"b"}})"), lie + "its limit 'a' is not a number" + author);
  EXPECT_EQ(refused(R"({"limits":[]})"), lie + "its limits is not of kind object" + author);
  EXPECT_EQ(refused(R"({"on_violation":"maybe"})"),
            lie + "its on_violation is 'maybe', not cancel, deny, request_approval or warn" + author);
  EXPECT_EQ(refused(R"({"needs":[{"rule":"r","grade":"x"}]})"),
            lie + "rule 'r' needs the grade 'x', which does not exist" + author);
  EXPECT_EQ(refused(R"({"events":[1]})"), lie + "its events hold something that is not a string" + author);
}

TEST_F(PluginPolicyTest, ARunIsBegunAndEnded) {
  begin();
  run_.reset();
  EXPECT_EQ(fake_.calls, (std::vector<std::string>{"begin {} ses_1 run_1", "end"}));
}

TEST_F(PluginPolicyTest, PreflightGivesHolds) {
  fake_.preflight = [](asmgr_decision*, const asmgr_sink* holds) {
    test::push<asmgr_hold>(holds, {{sizeof(asmgr_hold), 0, 5, 10, text("c"), text("total_tokens"), 7}});
    return ASMGR_OK;
  };
  begin();
  std::vector<Hold> holds;
  EXPECT_EQ(run_->preflight("{}", holds)->action, PolicyAction::allow);
  ASSERT_EQ(holds.size(), 1U);
  EXPECT_EQ(holds[0].counter, "c");
  EXPECT_EQ(holds[0].ceiling, 10);
  EXPECT_EQ(holds[0].keep_until.us, 7);
}

TEST_F(PluginPolicyTest, ExplanationsBecomeViolations) {
  fake_.review = [](asmgr_decision* decision, asmgr_error*) {
    decision->action = ASMGR_DENY;
    decision->explain(decision->ctx, text("tools"), text("bash is denied"), text(R"({"kind":"tool_denied"})"));
    decision->explain(decision->ctx, text("more"), text("and more"), {});
    return ASMGR_OK;
  };
  begin();
  const auto decision = run_->review_tool("{}");
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->action, PolicyAction::deny);
  ASSERT_EQ(decision->violations.size(), 2U);
  EXPECT_EQ(decision->violations[0].message, "bash is denied");
  EXPECT_EQ(decision->violations[1].details, "{}");
}

TEST_F(PluginPolicyTest, AnUnknownActionCancels) {
  fake_.review = [](asmgr_decision* decision, asmgr_error*) {
    decision->action = 99;
    return ASMGR_OK;
  };
  begin();
  EXPECT_EQ(run_->review_tool("{}")->action, PolicyAction::cancel);
}

TEST_F(PluginPolicyTest, AnExplanationThatIsNoTextIsALie) {
  fake_.review = [](asmgr_decision* decision, asmgr_error*) {
    decision->explain(decision->ctx, text("r"), text("\xff"), {});
    return ASMGR_OK;
  };
  begin();
  EXPECT_EQ(run_->review_tool("{}").error().message(),
            "rules.review_tool broke the plugin contract: its message is not UTF-8");
}

TEST_F(PluginPolicyTest, ObserveSeesEventAndUsage) {
  fake_.observe = [](const asmgr_event* event, const asmgr_usage* usage, asmgr_decision* decision) {
    EXPECT_EQ(event->type, std::uint32_t{ASMGR_EV_RUN_STARTED});
    EXPECT_EQ(usage->total_tokens, -1) << "nothing is known yet";
    EXPECT_EQ(usage->tool_calls, 2);
    decision->action = ASMGR_WARN;
    return ASMGR_OK;
  };
  begin();
  EventView event;
  event.type = EventType::run_started;
  RunUsage usage;
  usage.tool_calls = 2;
  Decision decision;
  EXPECT_TRUE(run_->observe(event, usage, decision));
  EXPECT_EQ(decision.action, PolicyAction::warn);
}

TEST_F(PluginPolicyTest, APolicyThatFailsSaysSo) {
  fake_.review = [](asmgr_decision*, asmgr_error* error) { return test::fail(error, ASMGR_E_INTERNAL, "lost"); };
  begin();
  EXPECT_EQ(run_->review_tool("{}").error().message(), "rules.review_tool: lost");
}

TEST_F(PluginPolicyTest, CompileGivesHintsOrNothing) {
  fake_.compile = [](const asmgr_sink*) { return ASMGR_OK; };
  const auto policy = make();
  EXPECT_TRUE(policy->compile("{}", {})->empty());
  fake_.compile = [](const asmgr_sink* sink) {
    test::push_text(sink, R"({"options":{"a":1}})");
    return ASMGR_OK;
  };
  EXPECT_EQ(policy->compile("{}", {})->at("options").at("a").as_int64(), 1);
}

}  // namespace
}  // namespace asmgr
