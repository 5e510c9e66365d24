// Which policies hold, from which line, and what they would say, through the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "tests/host/cli/program.hpp"

namespace asmgr::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kPolicyDeployment = R"(version: 1
stores:
  local: {plugin: sqlite, config: {path: ./asmgr.db}}
providers:
  shell: {plugin: shell}
  watched: {plugin: replay, config: {file: ./watched.jsonl, speed: 0}}
policies:
  budget:
    plugin: limits
    config:
      max_turns: 5
      max_tool_calls: 2
  strict:
    plugin: limits
    config: {max_turns: 3, on_violation: warn}
  tools:
    plugin: tool_rules
    config:
      deny: [curl]
  lenient:
    plugin: tool_rules
    on_unenforceable: warn
    config: {deny: [curl]}
pipelines:
  default: {store: local, provider: shell, policies: [budget, strict, tools]}
  last: {store: local, provider: shell, policies: [strict, budget], limit_merge: last_wins}
  watched: {store: local, provider: watched, policies: [lenient]}
  free: {store: local, provider: shell}
)";

class PolicyCommands : public testing::Test {
 protected:
  PolicyCommands() {
    world_.folder().write("asmgr.yaml", std::string(kPolicyDeployment));
    world_.folder().write("watched.jsonl",
                          "{\"replay\": 1, \"grade\": \"observe\"}\n"
                          "{\"t\": 0, \"finish\": {\"status\": \"completed\", \"output\": {}}}\n");
  }

  boost::json::object json_of(const std::vector<std::string>& arguments, int code = 0) const {
    const Ended ended = world_.asmgr(arguments);
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    const auto parsed = parse_json_object(ended.out, "output");
    EXPECT_TRUE(parsed.has_value()) << ended.out;
    return parsed ? *parsed : boost::json::object{};
  }

  // The id of a run that has completed.
  std::string run_with(std::vector<std::string> options) const {
    options.insert(options.begin(), {"run", "--output", "json", "echo hello"});
    return std::string(json_of(options).at("run_id").as_string());
  }

  // A member of each object of a list.
  static std::vector<std::string> each(const boost::json::value& list, std::string_view key) {
    std::vector<std::string> all;
    for (const boost::json::value& item : list.as_array()) {
      const boost::json::value& value = item.at(key);
      all.push_back(value.is_string() ? std::string(value.get_string()) : to_text(value));
    }
    return all;
  }

  World world_;
};

TEST_F(PolicyCommands, ExplainSaysWhichRuleHoldsFromWhereAndByWhom) {
  const boost::json::object told = json_of({"policy", "explain", "--output", "json"});
  const boost::json::value& rules = told.at("rules");
  EXPECT_THAT(each(rules, "rule"), ElementsAre("max_tool_calls", "max_turns", "max_turns", "deny"));
  EXPECT_THAT(each(rules, "policy"), ElementsAre("budget", "budget", "strict", "tools"));
  EXPECT_THAT(each(rules, "value"), ElementsAre("2", "5", "3", R"(["curl"])"));
  EXPECT_THAT(each(rules, "holds"), ElementsAre("2", "3", "3", R"(["curl"])"));
  EXPECT_THAT(each(rules, "needs"), ElementsAre("cancel", "cancel", "observe", "intercept"));
  EXPECT_THAT(each(rules, "enforced_by"), ElementsAre("host", "host", "host", "host"));
  EXPECT_THAT(each(rules, "source"), ElementsAre(HasSubstr("asmgr.yaml:12"), HasSubstr("asmgr.yaml:11"),
                                                 HasSubstr("asmgr.yaml:15"), HasSubstr("asmgr.yaml:19")));
  EXPECT_EQ(told.at("pipeline"), "default");
  EXPECT_EQ(told.at("on_violation"), "cancel");
  EXPECT_EQ(told.at("limit_merge"), "tightest");
}

TEST_F(PolicyCommands, ExplainSaysWhoWonALimit) {
  const auto turns = [&](const std::string& pipeline) {
    const boost::json::object told = json_of({"policy", "explain", "--pipeline", pipeline, "--output", "json"});
    for (const boost::json::value& limit : told.at("limits").as_array()) {
      if (limit.at("name") == "max_turns") {
        return to_text(limit.at("value")) + " of " + std::string(limit.at("policy").as_string()) + " instead of " +
               to_text(limit.at("instead_of").at(0).at("value"));
      }
    }
    return std::string("none");
  };
  EXPECT_EQ(turns("default"), "3 of strict instead of 5");
  EXPECT_EQ(turns("last"), "5 of budget instead of 3");
}

TEST_F(PolicyCommands, ExplainIsReadable) {
  const Ended ended = world_.asmgr({"policy", "explain"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("provider      shell, of grade intercept\n"));
  EXPECT_THAT(ended.out, HasSubstr("\nRULE            VALUE       POLICY  ACTION  NEEDS      ENFORCED BY  FROM"));
  EXPECT_THAT(ended.out, HasSubstr("\nmax_tool_calls  2           budget  cancel  cancel     host         "));
  EXPECT_THAT(ended.out, HasSubstr("\nmax_turns       3 (5 here)  budget  "));
  EXPECT_THAT(ended.out, HasSubstr("the tool call is refused\n"));
  EXPECT_THAT(ended.out, HasSubstr("tightest one holds"));
  EXPECT_THAT(world_.asmgr({"policy", "explain", "--pipeline", "free"}).out,
              HasSubstr("policies      none: nothing is watched\n"));
}

TEST_F(PolicyCommands, ExplainRefusesWhatTheProviderCannotHoldUnlessItIsToldToWarn) {
  const Ended refused = world_.asmgr({"policy", "explain", "--provider", "watched"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("asmgr.yaml:25:"));
  EXPECT_THAT(refused.err, HasSubstr("policy 'tools' cannot be enforced on provider 'watched'"));
  const boost::json::object told = json_of({"policy", "explain", "--pipeline", "watched", "--output", "json"});
  EXPECT_THAT(each(told.at("rules"), "enforced_by"), ElementsAre("none"));
  EXPECT_EQ(told.at("warnings").as_array().size(), 1U);
}

TEST_F(PolicyCommands, ExplainOpensNoStoreAndNamesAPolicyThatIsNotThere) {
  EXPECT_EQ(world_.asmgr({"policy", "explain"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(world_.folder().path() / "asmgr.db"));
  const Ended ended = world_.asmgr({"policy", "explain", "--policy", "strickt"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("did you mean 'strict'?"));
}

TEST_F(PolicyCommands, TestSaysWhatEachToolCallWouldGet) {
  world_.folder().write("calls.jsonl",
                        "{\"tool_name\": \"read\", \"tool_input\": {}}\n"
                        "\n"
                        "{\"tool_name\": \"curl\", \"tool_input\": {\"url\": \"x\"}}\n"
                        "{\"tool_name\": \"read\"}\n"
                        "{\"tool_name\": \"read\"}\n");
  const Ended ended = world_.asmgr({"policy", "test", "calls.jsonl"});
  EXPECT_EQ(ended.code, 4) << ended.err;
  EXPECT_THAT(ended.out, StartsWith("LINE  WHAT       DECISION  POLICY/RULE            MESSAGE\n"
                                    "1     tool read  allow\n"
                                    "3     tool curl  deny      tools/deny             "));
  EXPECT_THAT(ended.out, HasSubstr("\n4     tool read  allow\n"
                                   "5     tool read  cancel    budget/max_tool_calls  "));
  EXPECT_THAT(ended.out, HasSubstr("\n1 run, 0 events, 4 tool calls: allow 2, deny 1, cancel 1\n"));
  EXPECT_FALSE(std::filesystem::exists(world_.folder().path() / "asmgr.db"));
}

TEST_F(PolicyCommands, TestExitsZeroWhenNothingWouldBeStopped) {
  const std::string turn = "{\"t\": 0, \"type\": \"turn_completed\", \"data\": {}}\n";
  const Ended ended =
      world_.asmgr({"policy", "test", "-", "--pipeline", "free", "--policy", "strict", "--output", "jsonl"},
                   turn + turn + turn + turn);
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  const auto first = parse_json_object(ended.out.substr(0, ended.out.find('\n')), "line");
  ASSERT_TRUE(first) << ended.out;
  EXPECT_EQ(first->at("line"), 4);
  EXPECT_EQ(first->at("event"), "turn_completed");
  EXPECT_EQ(first->at("decision"), "warn");
  EXPECT_EQ(first->at("policy"), "strict");
  EXPECT_THAT(ended.out, HasSubstr("\n{\"summary\":{\"runs\":1,\"events\":4,\"tool_calls\":0,"));
}

TEST_F(PolicyCommands, TestNamesTheLineThatItCannotRead) {
  world_.folder().write("calls.jsonl", "{\"tool_name\": \"read\"}\nnothing\n");
  const Ended ended = world_.asmgr({"policy", "test", "calls.jsonl"});
  EXPECT_EQ(ended.code, 2) << ended.out;
  EXPECT_THAT(ended.err, HasSubstr("calls.jsonl:2: "));
  EXPECT_EQ(world_.asmgr({"policy", "test", "absent.jsonl"}).code, 2);
  EXPECT_EQ(world_.asmgr({"policy", "test"}).code, 2);
  EXPECT_EQ(world_.asmgr({"policy", "test", "calls.jsonl", "--pipeline", "absent"}).code, 3);
}

TEST_F(PolicyCommands, TestTakesWhatEventsPrints) {
  const Ended ran = world_.asmgr({"run", "--pipeline", "free", "--output", "jsonl", "echo hello"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Ended fine = world_.asmgr({"policy", "test", "-"}, ran.out);
  EXPECT_EQ(fine.code, 0) << fine.out << fine.err;
  EXPECT_THAT(fine.out, HasSubstr("1 tool call: allow 1\n"));
  world_.folder().write(
      "asmgr.yaml",
      std::string(kPolicyDeployment).replace(kPolicyDeployment.find("deny: [curl]"), 12, "deny: [\"*\"]"));
  EXPECT_EQ(world_.asmgr({"policy", "test", "-"}, ran.out).code, 4);
}

TEST_F(PolicyCommands, RunShowPrintsWhatHeldARun) {
  const std::string id = run_with({});
  const Ended shown = world_.asmgr({"run-show", id});
  EXPECT_THAT(shown.out, HasSubstr("\npolicies      budget, strict, tools\n"));
  EXPECT_THAT(shown.out, HasSubstr("max_turns 3 (tightest)\n"));
  EXPECT_THAT(shown.out, HasSubstr("deny of tools: deny, enforced by the host (asmgr.yaml:19)\n"));
  const boost::json::object run = json_of({"run-show", id, "--output", "json"});
  EXPECT_EQ(run.at("metadata").at("effective_policy").at("limits").at("max_turns"), 3);
}

TEST_F(PolicyCommands, ARunIsHeldToTheLastLimitWhereThePipelineSaysSo) {
  const boost::json::object run = json_of({"run-show", run_with({"--pipeline", "last"}), "--output", "json"});
  const boost::json::value& kept = run.at("metadata").at("effective_policy");
  EXPECT_EQ(kept.at("limits").at("max_turns"), 5);
  EXPECT_EQ(kept.at("limit_merge"), "last_wins");
}

TEST_F(PolicyCommands, ARunWithoutPoliciesKeepsNoneOfThem) {
  const boost::json::object run = json_of({"run-show", run_with({"--pipeline", "free"}), "--output", "json"});
  EXPECT_FALSE(run.at("metadata").as_object().contains("effective_policy"));
}

TEST_F(PolicyCommands, PluginInfoSaysWhatPermissionModesDo) {
  const Ended ended = world_.asmgr({"plugin", "info", "shell"});
  EXPECT_THAT(ended.out, HasSubstr("PERMISSION MODE"));
  EXPECT_THAT(ended.out, HasSubstr("  plan                          changes nothing here\n"));
  EXPECT_THAT(world_.asmgr({"plugin", "info", "sqlite"}).out, Not(HasSubstr("PERMISSION MODE")));
}

TEST_F(PolicyCommands, AModeThatDoesNothingIsWarnedOfAndAnUnknownOneRefused) {
  std::string text(kPolicyDeployment);
  text.replace(text.find("{plugin: shell}"), 15, "{plugin: shell, config: {permission_mode: plan}}");
  world_.folder().write("asmgr.yaml", text);
  const Ended warned = world_.asmgr({"config", "check"});
  EXPECT_EQ(warned.code, 0);
  EXPECT_THAT(warned.err, HasSubstr("asmgr.yaml:5:52: warning: providers.shell.config.permission_mode: 'plan' changes "
                                    "nothing: the plugin 'shell' has no meaning for it"));
  text.replace(text.find("permission_mode: plan"), 21, "permission_mode: plam");
  world_.folder().write("asmgr.yaml", text);
  const Ended refused = world_.asmgr({"config", "check"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("asmgr.yaml:5:52: providers.shell.config.permission_mode: "));
}

}  // namespace
}  // namespace asmgr::cli
