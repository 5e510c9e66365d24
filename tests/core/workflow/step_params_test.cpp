// A step's parameters: every option goes through, every mistake is named.
#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "core/workflow/step.hpp"

namespace asmgr {
namespace {

Result<StepParams> read(std::string_view text) {
  return step_params_from_json(*parse_json_object(text, "test"));
}

TEST(StepParams, CarryEveryOptionOfARun) {
  const auto params = read(R"({
    "input": {"prompt": "x"}, "session_id": "ses_1", "agent_id": "a", "tenant": "t", "pipeline": "p", "provider": "q",
    "context": {"c": 1}, "metadata": {"m": 1}, "tags": ["one"], "continuation": "replay",
    "continuation_opts": {"max_messages": 3}, "adapter_opts": {"temperature": 0}, "workspace": {"path": "/w"},
    "policy": "budget", "policies": ["tools", {"plugin": "limits", "config": {}}],
    "required_capabilities": [{"type": "sampling", "name": "streaming"}], "optional_capabilities": [{"type": "tool"}],
    "timeouts": {"run": "90s", "idle": "1m", "tool": "2m", "cancel_grace": "1s"}, "approver": "nobody", "events": "all"})");
  ASSERT_TRUE(params) << params.error().message();
  const ExecutionOptions& run = params->execution;
  EXPECT_EQ(params->input.at("prompt"), "x");
  EXPECT_EQ(params->session_id + params->agent_id + params->tenant + run.pipeline + run.provider, "ses_1atpq");
  EXPECT_EQ(params->context.at("c"), 1);
  EXPECT_EQ(params->metadata.at("m"), 1);
  EXPECT_EQ(params->tags, std::vector<std::string>{"one"});
  EXPECT_EQ(*run.continuation, "replay");
  EXPECT_EQ(run.continuation_opts.at("max_messages"), 3);
  EXPECT_EQ(run.adapter_opts.at("temperature"), 0);
  EXPECT_EQ(run.workspace.at("path"), "/w");
  EXPECT_EQ(std::get<std::string>(*run.policy), "budget");
  ASSERT_EQ(run.policies.size(), 2U);
  EXPECT_EQ(run.required_capabilities.size(), 1U);
  EXPECT_EQ(run.optional_capabilities.size(), 1U);
  EXPECT_EQ(run.run_timeout, std::chrono::seconds(90));
  EXPECT_EQ(run.idle_timeout, std::chrono::minutes(1));
  EXPECT_EQ(run.tool_timeout, std::chrono::minutes(2));
  EXPECT_EQ(run.cancel_grace, std::chrono::seconds(1));
  EXPECT_EQ(run.approver, Approver::nobody);
  EXPECT_EQ(run.events, ResultEvents::all);
}

TEST(StepParams, SayWhichKeyIsWrong) {
  const auto message = [](std::string_view text) {
    auto params = read(text);
    return params ? std::string("accepted") : params.error().message();
  };
  EXPECT_EQ(message(R"({})"), "a step needs 'input'");
  EXPECT_EQ(message(R"({"input": "x", "promt": 1})"), "a step has no 'promt'");
  EXPECT_EQ(message(R"({"input": "x", "tags": "one"})"), "'tags' must be a list of texts");
  EXPECT_EQ(message(R"({"input": "x", "timeouts": {"run": 5}})"),
            "'timeouts.run' must be a duration such as 90s or 10m");
  EXPECT_EQ(message(R"({"input": "x", "approver": "me"})"), "'approver' must be anyone, nobody, grants or denies");
  EXPECT_EQ(message(R"({"input": "x", "policy": 1})"),
            "'policy' must be the name of a policy, or a definition {\"plugin\", \"config\"}");
}

TEST(StepResult, HasWhatAnEngineOfWorkflowsAsksFor) {
  RunResult run;
  run.status = RunStatus::failed;
  run.error = Error(ErrorCode::provider_rate_limited, "slow down");
  run.output = boost::json::object{{"content", "half"}, {"stop_reason", "error"}};
  const boost::json::object json = to_json(step_result_of(run));
  EXPECT_EQ(json.at("content"), "half");
  EXPECT_EQ(json.at("stop_reason"), "error");
  EXPECT_EQ(json.at("has_tool_calls"), false);
  EXPECT_EQ(json.at("retryable"), true);
  EXPECT_EQ(json.at("recommended_action"), "wait_and_retry");
  EXPECT_EQ(json.at("persistence_failures"), 0);
  run.output = boost::json::object{{"content", {{"not", "a text"}}}};
  run.error.reset();
  const boost::json::object without = to_json(step_result_of(run));
  EXPECT_TRUE(without.at("content").is_null());
  EXPECT_EQ(without.at("retryable"), false);
  EXPECT_TRUE(without.at("recommended_action").is_null());
}

}  // namespace
}  // namespace asmgr
