// What a dry run asks the policies about the lines it is given.
#include "core/policy/dry_run.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "tests/core/policy/scripted_policy.hpp"

namespace asmgr {
namespace {

using testing::bind;
using testing::broken;
using testing::named;
using testing::Script;

// A policy that remembers what it is asked, and denies tools called "bash".
class DryRunTest : public ::testing::Test {
 protected:
  DryRunTest() {
    script_.preflight = [this](std::vector<Hold>&) {
      asked_.emplace_back("preflight");
      return Decision{};
    };
    script_.review_tool = [this](std::string_view call) {
      asked_.emplace_back("review");
      return call.find("bash") == std::string_view::npos ? Decision{} : broken(PolicyAction::deny, "no_bash");
    };
    script_.observe = [this](const EventView& event, const RunUsage& usage, Decision& decision) -> Result<void> {
      asked_.emplace_back(event.type_name);
      usage_ = usage;
      if (usage.tokens.total_tokens > 100) decision = broken(PolicyAction::cancel, "max_tokens");
      return {};
    };
  }

  DryRun dry_run(UsageSemantics semantics = UsageSemantics::delta) {
    UsageSource source;
    source.semantics = semantics;
    const std::vector<PolicyBinding> policies{bind(named("guard"), script_)};
    return DryRun(stack_policies(policies, LimitMerge::tightest), source, PriceTable());
  }

  // The decisions on all lines, as "WHAT ACTION RULE".
  static std::vector<std::string> judge(DryRun& run, const std::vector<std::string>& lines) {
    std::vector<std::string> told;
    for (const std::string& line : lines) {
      const auto decisions = run.add(line);
      EXPECT_TRUE(decisions.has_value()) << line << decisions.error().message();
      if (!decisions) continue;
      for (const DryRunDecision& one : *decisions) {
        told.push_back((one.tool.empty() ? one.subject : one.tool) + " " + std::string(action_name(one.action)) +
                       (one.rule.empty() ? "" : " " + one.rule));
      }
    }
    return told;
  }

  static std::string played(const std::string& type, const std::string& data, double at = 0) {
    return "{\"t\":" + std::to_string(at) + ",\"type\":\"" + type + "\",\"data\":" + data + "}";
  }
  static std::string logged(const std::string& run, EventType type, boost::json::object data) {
    NewEvent fields;
    fields.type = type;
    fields.session_id = "ses_0198c0ffee0070008000000000000001";
    fields.run_id = run;
    fields.data = std::move(data);
    return event_json(view_of(*make_event(std::move(fields), Timestamp{1'000'000})));
  }

  Script script_;
  std::vector<std::string> asked_;
  RunUsage usage_;
};

using Told = std::vector<std::string>;

TEST_F(DryRunTest, AToolCallIsReviewedAndCountedOnlyWhenItIsAllowed) {
  DryRun run = dry_run();
  EXPECT_EQ(judge(run, {R"({"tool_name": "read", "tool_input": {}})", R"({"tool_name": "bash"})",
                        R"({"tool_name": "read", "tool_call_id": "c3"})"}),
            (Told{"read allow", "bash deny no_bash", "read allow"}));
  EXPECT_EQ(asked_, (Told{"preflight", "review", "tool_call_started", "review", "review", "tool_call_started"}));
  EXPECT_EQ(usage_.tool_calls, 2);
  EXPECT_EQ(run.summary().tool_calls, 3U);
  EXPECT_EQ(run.summary().runs, 1U);
  EXPECT_EQ(run.summary().strictest, PolicyAction::deny);
}

TEST_F(DryRunTest, ARecordingIsJudgedToEachFinishWithItsUsageSummed) {
  DryRun run = dry_run();
  const std::vector<std::string> start{
      played("run_started", R"({"model": "m"})"),
      played("token_usage_updated", R"({"input_tokens": 50, "output_tokens": 10, "total_tokens": 60})", 0.5),
      played("turn_completed", "{}", 2)};
  std::vector<std::string> lines{R"({"replay": 1, "usage": "delta"})"};
  lines.insert(lines.end(), start.begin(), start.end());
  EXPECT_EQ(judge(run, lines), Told{});
  EXPECT_EQ(usage_.tokens.total_tokens, 60);
  EXPECT_EQ(usage_.elapsed_ms, 2000);
  EXPECT_EQ(usage_.turns, 1);
  lines.assign(start.begin() + 1, start.begin() + 2);
  EXPECT_EQ(judge(run, lines), (Told{"token_usage_updated cancel max_tokens"}));
  EXPECT_EQ(judge(run, {R"({"t": 3, "finish": {"status": "completed"}})"}), Told{});
  EXPECT_EQ(judge(run, start), Told{}) << "the next start begins at nothing";
  EXPECT_EQ(run.summary().runs, 2U);
  EXPECT_EQ(run.summary().events, 7U);
}

TEST_F(DryRunTest, ARecordingThatDoesNotSayCarriesTotals) {
  DryRun run = dry_run(UsageSemantics::delta);
  const std::string usage =
      played("token_usage_updated", R"({"input_tokens": 50, "output_tokens": 10, "total_tokens": 60})");
  EXPECT_EQ(judge(run, {R"({"replay": 1})", usage, usage}), Told{});
  EXPECT_EQ(usage_.tokens.total_tokens, 60);
}

TEST_F(DryRunTest, RunsOfALogAreToldApartAndTheEnginesOwnEventsAreNotJudged) {
  const std::string first = "run_0198c0ffee0070008000000000000001";
  const std::string second = "run_0198c0ffee0070008000000000000002";
  DryRun run = dry_run();
  boost::json::object usage;
  usage["input_tokens"] = 60;
  usage["total_tokens"] = 60;
  boost::json::object call;
  call["tool_call_id"] = "c1";
  call["tool_name"] = "bash";
  call["tool_input"] = boost::json::object{};
  EXPECT_EQ(judge(run, {logged("", EventType::session_created, {}), logged(first, EventType::message_sent, {}),
                        logged(first, EventType::run_started, {}), logged(second, EventType::run_started, {}),
                        logged(first, EventType::token_usage_updated, usage),
                        logged(second, EventType::token_usage_updated, usage),
                        logged(second, EventType::tool_call_started, call),
                        logged(second, EventType::policy_violation, {}), logged(first, EventType::run_completed, {})}),
            (Told{"bash deny no_bash"}));
  EXPECT_EQ(asked_, (Told{"preflight", "preflight", "token_usage_updated", "token_usage_updated", "review"}));
  EXPECT_EQ(run.summary().runs, 2U);
}

TEST_F(DryRunTest, ACallThatIsLoggedTwiceIsJudgedOnce) {
  DryRun run = dry_run();
  const std::string call = R"({"tool_name": "read", "tool_call_id": "c1"})";
  EXPECT_EQ(judge(run, {call, call}), (Told{"read allow"}));
}

TEST_F(DryRunTest, GoesOnWhereARunWouldHaveBeenStopped) {
  script_.observe = [](const EventView&, const RunUsage& usage, Decision& decision) -> Result<void> {
    if (usage.tool_calls > 1) decision = broken(PolicyAction::cancel, "max_tool_calls");
    return {};
  };
  DryRun run = dry_run();
  const std::string call = R"({"tool_name": "read"})";
  EXPECT_EQ(judge(run, {call, call, call}), (Told{"read allow", "read cancel max_tool_calls", "read cancel"}));
}

TEST_F(DryRunTest, CountsBudgetsThatItCannotAsk) {
  script_.preflight = [](std::vector<Hold>& holds) {
    holds.push_back(Hold{"counter", "total_tokens", 1, 10});
    return Decision{};
  };
  DryRun run = dry_run();
  (void)judge(run, {R"({"tool_name": "read"})"});
  EXPECT_EQ(run.summary().holds, 1U);
}

TEST_F(DryRunTest, SaysWhatALineIsNot) {
  DryRun run = dry_run();
  const auto refusal = [&](const std::string& line) {
    const auto decisions = run.add(line);
    return decisions ? std::string("(taken)") : decisions.error().message();
  };
  EXPECT_EQ(refusal(""), "(taken)");
  EXPECT_EQ(refusal(R"({"result": {}})"), "(taken)");
  EXPECT_EQ(refusal("{}"), "is neither an event (it has no 'type') nor a tool call (it has no 'tool_name')");
  EXPECT_EQ(refusal(R"({"tool_name": "x", "tool_input": 1})"), "'tool_input' of a tool call must be an object");
  EXPECT_EQ(refusal(R"({"type": "x", "data": 1})"), "'data' of an event must be an object");
  EXPECT_NE(refusal("[]"), "(taken)");
  EXPECT_NE(refusal("{"), "(taken)");
  EXPECT_NE(refusal(R"({"type": "run_started", "session_id": 5})"), "(taken)");
  EXPECT_EQ(run.summary().runs, 0U);
}

TEST_F(DryRunTest, APolicyThatCannotBeginIsAnErrorOfTheLine) {
  script_.begin = []() -> Result<void> { return Error(ErrorCode::internal_error, "no"); };
  DryRun run = dry_run();
  const auto decisions = run.add(R"({"tool_name": "read"})");
  ASSERT_FALSE(decisions.has_value());
  EXPECT_EQ(decisions.error().code(), ErrorCode::policy_violation);
}

}  // namespace
}  // namespace asmgr
