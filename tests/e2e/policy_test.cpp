// Rules of the YAML hold back what they deny: it never starts, and the log says why.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

constexpr const char* kPolicies = R"(policies:
  no_touch: {plugin: tool_rules, config: {deny: [{tool: "*", command_prefix: touch}]}}
  no_touch_at_all: {plugin: tool_rules, config: {deny: [{tool: "*", command_prefix: touch}], on_violation: cancel}}
  one_call: {plugin: limits, config: {max_tool_calls: 1, on_violation: cancel}}
  soon: {plugin: limits, config: {max_duration: 200ms}}
  half_a_dollar: {plugin: limits, config: {max_cost_usd: 0.5}}
  no_plan:
    plugin: content
    config: {rules: [{on: prompt, matches: "(?i)secret plan", name: asked}, {on: output, matches: secret plan, name: said}]}
pipelines:
  default: {store: local, provider: shell, policies: [no_touch]}
  strict: {store: local, provider: shell, policies: [no_touch_at_all]}
  budget: {store: local, provider: recorded, policies: [one_call]}
  free: {store: local, provider: shell}
  brief: {store: local, provider: shell, policies: [soon]}
  paid: {store: local, provider: recorded, policies: [half_a_dollar]}
  guarded: {store: local, provider: recorded, policies: [no_plan]}
)";

class Policy : public testing::Test {
 protected:
  Policy() {
    work_.write("asmgr.yaml", shell_deployment() + kPolicies);
    record_calls({});
  }

  // What the provider `recorded` does: calls of tools with these ids, then it is done.
  void record_calls(const std::vector<std::string>& ids) const {
    std::string recording;
    for (const auto& id : ids) {
      const std::string call = R"("data":{"tool_call_id":")" + id + R"(","tool_name":"x",)";
      recording += R"({"t":0,"type":"tool_call_started",)" + call + "\"tool_input\":{}}}\n";
      recording += R"({"t":0,"type":"tool_call_completed",)" + call + "\"tool_output\":{}}}\n";
    }
    recording += R"({"t":0.1,"finish":{"status":"completed","output":{},"token_usage":{},"error":null}})";
    work_.write("recording.jsonl", recording + "\n");
  }

  Ended run(const std::string& command, const std::vector<std::string>& options) const {
    std::vector<std::string> all{"run", "--output", "jsonl", command};
    all.insert(all.end(), options.begin(), options.end());
    return work_.asmgr(all);
  }

  Workplace work_;
};

TEST_F(Policy, ADeniedCommandNeverStarts) {
  const Ended ended = run("touch marker", {});
  EXPECT_EQ(ended.code, 1) << ended.err;  // the call was denied and the run failed of it; no policy stopped the run
  EXPECT_FALSE(work_.has("marker"));
  const RunOutput output = run_output(ended.out);
  EXPECT_EQ(output.log.count("tool_call_started"), 0U);
  EXPECT_EQ(output.log.count("policy_violation"), 1U);
  EXPECT_EQ(at(output.log.first("policy_violation"), "/data/policy"), "no_touch");
  EXPECT_EQ(output.log.count("tool_call_failed"), 1U);
  EXPECT_EQ(output.log.types().back(), "run_failed");
  EXPECT_EQ(at(output.result, "/error/code"), "tool_permission_denied");
}

TEST_F(Policy, WhatIsNotDeniedRuns) {
  EXPECT_EQ(run("mkdir folder", {}).code, 0);
  EXPECT_TRUE(work_.has("folder"));
  EXPECT_EQ(run("touch marker", {"--pipeline", "free"}).code, 0);
  EXPECT_TRUE(work_.has("marker"));
}

TEST_F(Policy, ADenialThatCancelsTheRunExitsFour) {
  const Ended ended = run("touch marker", {"--pipeline", "strict"});
  EXPECT_EQ(ended.code, 4) << ended.err;
  EXPECT_FALSE(work_.has("marker"));
  const RunOutput output = run_output(ended.out);
  EXPECT_EQ(output.log.count("tool_call_started"), 0U);
  EXPECT_EQ(output.log.count("policy_violation"), 1U);
  EXPECT_EQ(at(output.result, "/error/code"), "policy_violation");
}

TEST_F(Policy, APolicyOfTheCommandLineStandsBesideThePipelines) {
  const Ended ended = run("touch marker", {"--pipeline", "free", "--policy", "no_touch_at_all"});
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_FALSE(work_.has("marker"));
}

TEST_F(Policy, ABudgetThatIsSpentStopsTheRunAndExitsFour) {
  record_calls({"first", "second", "third"});
  const Ended ended = run("anything", {"--pipeline", "budget"});
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  const RunOutput output = run_output(ended.out);
  const auto violation = output.log.first("policy_violation");
  EXPECT_EQ(at(violation, "/data/kind"), "budget_exceeded");
  EXPECT_EQ(at(violation, "/data/details/limit"), "1");
  EXPECT_EQ(output.log.types().back(), "run_failed");
  const auto types = output.log.types();
  EXPECT_LE(std::ranges::count(types, "tool_call_started"), 2);
  // Text shows one line about it.
  const Ended text = work_.asmgr({"run", "--pipeline", "budget", "anything"});
  EXPECT_EQ(text.code, 4);
  EXPECT_NE(text.err.find("error: policy_violation: "), std::string::npos) << text.err;
}

TEST_F(Policy, ARunThatSaysNothingIsEndedAtItsMaxDurationAndExitsFour) {
  const std::string marker = new_sleep_marker();
  const Ended ended = run("sleep " + marker, {"--pipeline", "brief"});
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  const RunOutput output = run_output(ended.out);
  EXPECT_EQ(at(output.result, "/status"), "failed");
  EXPECT_EQ(at(output.result, "/error/code"), "policy_violation");
  EXPECT_EQ(output.log.count("policy_violation"), 1U);
  EXPECT_EQ(at(output.log.first("policy_violation"), "/data/details/metric"), "duration_ms");
  EXPECT_EQ(output.log.count("time_passed"), 0U);
  EXPECT_EQ(output.log.types().back(), "run_failed");
  EXPECT_TRUE(wait_until([&] { return processes_with(marker).empty(); }, std::chrono::seconds(5)));
}

TEST_F(Policy, ACostBoundNeedsAPriceOfTheTable) {
  const Ended refused = run("anything", {"--pipeline", "paid"});
  EXPECT_EQ(refused.code, 4) << refused.out << refused.err;
  EXPECT_EQ(at(run_output(refused.out).log.first("policy_violation"), "/data/kind"), "missing_price");
  work_.write("asmgr.yaml",
              shell_deployment() + kPolicies + "host: {pricing: {replay: {default: {input: 1, output: 5}}}}\n");
  const Ended paid = run("anything", {"--pipeline", "paid"});
  EXPECT_EQ(paid.code, 0) << paid.out << paid.err;
}

TEST_F(Policy, APromptThatMatchesARuleNeverReachesTheProvider) {
  const Ended ended = run("What is the Secret Plan?", {"--pipeline", "guarded"});
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  const RunOutput output = run_output(ended.out);
  EXPECT_EQ(output.log.count("run_started"), 0U);
  EXPECT_EQ(at(output.log.first("policy_violation"), "/data/kind"), "content_matched");
  EXPECT_EQ(at(output.log.first("policy_violation"), "/data/rule"), "asked");
  EXPECT_EQ(run("What is the plan?", {"--pipeline", "guarded"}).code, 0);
}

TEST_F(Policy, WhatIsSaidInPiecesIsStoppedWhereItMatches) {
  std::string recording;
  for (const char* piece : {"The sec", "ret pl", "an is", " to wait."}) {
    recording += R"({"t":0.05,"type":"message_streamed","data":{"content":")" + std::string(piece) + R"(","delta":")" +
                 std::string(piece) + "\"}}\n";
  }
  recording += R"({"t":20,"finish":{"status":"completed","output":{},"token_usage":{},"error":null}})";
  work_.write("recording.jsonl", recording + "\n");
  const Ended ended = run("What is the plan?", {"--pipeline", "guarded"});
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  const RunOutput output = run_output(ended.out);
  const auto violation = output.log.first("policy_violation");
  EXPECT_EQ(at(violation, "/data/rule"), "said");
  EXPECT_EQ(at(violation, "/data/action"), "cancel");
  EXPECT_EQ(output.log.count("policy_violation"), 1U);
  EXPECT_EQ(output.log.types().back(), "run_failed");
}

TEST_F(Policy, AnExpressionThatIsNoneIsRefusedWithItsLine) {
  std::string text = shell_deployment() + kPolicies;
  const std::string good = "matches: secret plan";
  text.replace(text.find(good), good.size(), "matches: (secret plan");
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find("(secret")), '\n') + 1;
  work_.write("asmgr.yaml", text);
  const Ended ended = work_.asmgr({"run", "--pipeline", "guarded", "What is the plan?"});
  EXPECT_EQ(ended.code, 3) << ended.out << ended.err;
  EXPECT_NE(ended.err.find("asmgr.yaml:" + std::to_string(line) + ":"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("is not a regular expression of RE2: missing )"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace asmgr::e2e
