// What programs read: the JSON of every command, and exit codes.
#include <gtest/gtest.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

using Keys = std::vector<std::string>;

// Names of the members, in order.
Keys keys_of(const boost::json::object& object) {
  Keys keys;
  for (const auto& member : object) keys.emplace_back(member.key());
  return keys;
}

// All of `expected` are there, in any order, with others beside them.
void expect_keys(const boost::json::object& object, const Keys& expected) {
  for (const auto& key : expected) EXPECT_TRUE(object.contains(key)) << key << " is missing";
}

class OutputShapes : public testing::Test {
 protected:
  OutputShapes() {
    work_.write("asmgr.yaml", shell_deployment() + "pipelines: {default: {store: local, provider: shell}}\n");
  }
  boost::json::object json(std::vector<std::string> command, int code) const {
    command.insert(command.end(), {"--output", "json"});
    const Ended ended = work_.asmgr(command);
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    EXPECT_EQ(complete_lines(ended.out).size(), 1U) << ended.out;
    return json_of(ended.out);
  }
  Workplace work_;
};

TEST_F(OutputShapes, ARunsLinesAreItsEventsAndLastItsResult) {
  const Ended ended = work_.asmgr({"run", "--output", "jsonl", "echo hello"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  const auto lines = complete_lines(ended.out);
  EXPECT_EQ(ended.out.back(), '\n');
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    EXPECT_EQ(keys_of(json_of(lines[i])),
              (Keys{"id", "type", "timestamp", "session_id", "run_id", "sequence_number", "schema_version", "provider",
                    "correlation_id", "data", "metadata", "hash"}));
  }
  const auto last = json_of(lines.back());
  EXPECT_EQ(keys_of(last), Keys{"result"});
  expect_keys(last.at("result").as_object(),
              {"status", "error", "output", "token_usage", "events", "session_id", "run_id", "cost_usd", "workspace",
               "policy", "routing", "provider", "model", "warnings", "persistence_failures"});
}

TEST_F(OutputShapes, EveryEndOfARunEndsTheLinesWithAResult) {
  for (const auto& [command, code] : std::vector<std::pair<std::vector<std::string>, int>>{
           {{"echo hello"}, 0},
           {{"exit 3"}, 1},
           {{"--timeout", "200ms", "sleep 60"}, 1},
           {{"--session", "ses_00000000000000000000000000000000", "echo hello"}, 7}}) {
    std::vector<std::string> all{"run", "--output", "jsonl"};
    all.insert(all.end(), command.begin(), command.end());
    const Ended ended = work_.asmgr(all);
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    const auto lines = complete_lines(ended.out);
    ASSERT_FALSE(lines.empty());
    const auto last = json_of(lines.back());
    EXPECT_EQ(keys_of(last), Keys{"result"}) << lines.back();
    EXPECT_EQ(at(last, "/result/error").empty(), code == 0) << lines.back();
  }
}

TEST_F(OutputShapes, SessionsAndRunsHaveTheirMembers) {
  const auto result = json({"run", "--tag", "t", "--agent-id", "me", "echo hello"}, 0);
  const auto session = json({"session", "show", at(result, "/session_id")}, 0);
  expect_keys(session, {"id", "agent_id", "status", "parent_session_id", "metadata", "context", "tags", "tenant",
                        "chain_id", "version", "last_sequence", "created_at", "updated_at", "deleted_at"});
  EXPECT_EQ(at(session, "/agent_id"), "me");
  EXPECT_EQ(at(session, "/tags"), "[\"t\"]");
  const auto run = json({"run-show", at(result, "/run_id")}, 0);
  expect_keys(run, {"id", "session_id", "status", "input", "output", "error", "metadata", "turn_count", "token_usage",
                    "cost_usd", "provider", "provider_metadata", "waiting_on", "version", "created_at", "started_at",
                    "ended_at"});
  EXPECT_EQ(at(run, "/status"), "completed");
}

TEST_F(OutputShapes, UsageHasItemsAndATotal) {
  json({"run", "--tag", "t", "echo hello"}, 0);
  const auto usage = json({"usage", "--by", "day", "--by", "model"}, 0);
  EXPECT_EQ(keys_of(usage), (Keys{"items", "total"}));
  expect_keys(usage.at("items").as_array().at(0).as_object(),
              {"day", "model", "run_count", "token_usage", "cost_usd", "unmapped_runs"});
  EXPECT_TRUE(usage.at("items").as_array().at(0).at("model").is_null());
  expect_keys(usage.at("total").as_object(), {"run_count", "token_usage", "cost_usd", "unmapped_runs"});
}

TEST_F(OutputShapes, ListsHaveItemsAndACursorThatLeadsOn) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(work_.asmgr({"session", "create"}).code, 0);
  const auto all = json({"session", "list"}, 0);
  EXPECT_EQ(keys_of(all), (Keys{"items", "next_cursor"}));
  EXPECT_EQ(all.at("items").as_array().size(), 3U);
  EXPECT_TRUE(all.at("next_cursor").is_null());
  const auto page = json({"session", "list", "--limit", "2"}, 0);
  EXPECT_EQ(page.at("items").as_array().size(), 2U);
  const auto rest = json({"session", "list", "--limit", "2", "--cursor", at(page, "/next_cursor")}, 0);
  EXPECT_EQ(rest.at("items").as_array().size(), 1U);
  EXPECT_TRUE(rest.at("next_cursor").is_null());
  EXPECT_EQ(at(rest, "/items/0/id"), at(all, "/items/2/id"));
  const std::string session = at(all, "/items/0/id");
  for (const std::string list : {"runs", "events"}) {
    const auto listed = json({list, session}, 0);
    EXPECT_EQ(keys_of(listed), (Keys{"items", "next_cursor"})) << list;
  }
  const Ended lines = work_.asmgr({"session", "list", "--output", "jsonl"});
  EXPECT_EQ(complete_lines(lines.out).size(), 3U);
}

TEST_F(OutputShapes, AFailureIsAnErrorObjectOnStandardOutput) {
  const std::string nobody = "ses_00000000000000000000000000000000";
  for (const auto& [command, code] :
       std::vector<std::pair<std::vector<std::string>, int>>{{{"session", "show", nobody}, 7},
                                                             {{"session", "complete", nobody}, 7},
                                                             {{"events", nobody}, 7},
                                                             {{"runs", nobody}, 7},
                                                             {{"run-show", "run_00000000000000000000000000000000"}, 7},
                                                             {{"cancel", "run_00000000000000000000000000000000"}, 7},
                                                             {{"run", "--session", nobody, "echo hello"}, 7},
                                                             {{"run", "--provider", "nobody", "echo hello"}, 3},
                                                             {{"run", "-c", "missing.yaml", "echo hello"}, 3},
                                                             {{"run", "--timeout", "soon", "echo hello"}, 2},
                                                             {{"sesion", "list"}, 2},
                                                             {{"session", "list", "--limit", "many"}, 2}}) {
    const auto answer = json(command, code);
    ASSERT_TRUE(answer.contains("error")) << command[0];
    const auto& error = answer.at("error").as_object();
    EXPECT_EQ(keys_of(error), (Keys{"code", "message", "retryable", "details", "provider_error"})) << command[0];
    EXPECT_FALSE(at(error, "/message").empty());
  }
}

TEST_F(OutputShapes, AFailedRunIsAnErrorBesideItsResult) {
  const auto answer = json({"run", "echo some; exit 3"}, 1);
  EXPECT_EQ(keys_of(answer), (Keys{"error", "result"}));
  EXPECT_EQ(at(answer, "/error/code"), "command_failed");
  EXPECT_EQ(at(answer, "/result/status"), "failed");
  EXPECT_EQ(at(answer, "/result/output/content"), "some\n");
}

TEST_F(OutputShapes, ATextFailureIsOneLineOnStandardError) {
  const Ended ended = work_.asmgr({"run-show", "run_00000000000000000000000000000000"});
  EXPECT_EQ(ended.code, 7);
  EXPECT_EQ(ended.out, "");
  EXPECT_TRUE(ended.err.starts_with("error: run_not_found: ")) << ended.err;
}

}  // namespace
}  // namespace asmgr::e2e
