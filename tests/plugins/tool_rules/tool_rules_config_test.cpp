#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/tool_rules/judge_call.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> problems(std::string_view config) {
  return tool_rules().problems(config);
}

TEST(ToolRulesConfig, TheSchemaIsClosedAndDescribesEveryKey) {
  const boost::json::object schema = tool_rules().schema();
  EXPECT_EQ(schema.at("additionalProperties"), false);
  for (const auto& [key, property] : schema.at("properties").as_object())
    EXPECT_TRUE(property.as_object().contains("description")) << key;
}

TEST(ToolRulesConfig, WhatMakesSenseHasNoProblems) {
  EXPECT_THAT(problems("{}"), IsEmpty());
  EXPECT_THAT(problems(R"({"allow":["read",{"tool":"bash","command_prefix":"git log"}],
                           "deny":["mcp__*",{"tool":"write","path_under":"/etc"}],
                           "ask":[{"tool":"fetch","field":"url","matches":"^http://"}],
                           "names":"ignore_case","cwd":"/work","on_violation":"cancel"})"),
              IsEmpty());
}

TEST(ToolRulesConfig, AnEmptyAllowListIsRefused) {
  EXPECT_THAT(problems(R"({"allow":[]})"), ElementsAre(StartsWith("/allow: is empty")));
}

TEST(ToolRulesConfig, WhatIsBothAllowedAndDeniedIsRefusedAndBothEntriesAreNamed) {
  EXPECT_THAT(
      problems(R"({"allow":["read","bash"],"deny":["x","bash"]})"),
      ElementsAre("/allow/1: \"bash\" is allowed here and denied by deny[1] (\"bash\"); a denial always wins, so "
                  "remove one of the two"));
  EXPECT_THAT(problems(R"({"allow":["read","mcp__x"],"deny":["mcp__*"]})"),
              ElementsAre("/allow/1: \"mcp__x\" is allowed here and denied by deny[0] (\"mcp__*\"); a denial always "
                          "wins, so remove one of the two"));
}

struct Lists {
  const char* allow;
  const char* deny;
  bool contradict;
  const char* names = "exact";
};

void PrintTo(const Lists& lists, std::ostream* out) {
  *out << "allow " << lists.allow << ", deny " << lists.deny << ", names " << lists.names;
}

class Contradictions : public ::testing::TestWithParam<Lists> {};

TEST_P(Contradictions, AreFoundWhereADenialTakesAllOfAPermission) {
  const std::string config = std::string(R"({"allow":[)") + GetParam().allow + R"(],"deny":[)" + GetParam().deny +
                             R"(],"names":")" + GetParam().names + "\"}";
  if (GetParam().contradict) {
    EXPECT_THAT(problems(config), ElementsAre(StartsWith("/allow/0: ")));
  } else {
    EXPECT_THAT(problems(config), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Lists, Contradictions,
    ::testing::Values(Lists{R"("bash")", R"("bash")", true}, Lists{R"("bash")", R"("*")", true},
                      Lists{R"("*")", R"("*")", true}, Lists{R"("bash")", R"("b??h")", true},
                      Lists{R"("bash")", R"("[a-c]ash")", true}, Lists{R"("mcp__a*")", R"("mcp__*")", true},
                      Lists{R"("mcp__*")", R"("mcp__*")", true}, Lists{R"("b?sh")", R"("b??h")", true},
                      Lists{R"("b[ae]sh")", R"("b?sh")", true}, Lists{R"("b[ae]sh")", R"("b[ae]sh")", true},
                      Lists{R"("a*b")", R"("a*")", true}, Lists{R"("bash")", "\"b\u0430sh\"", true},
                      Lists{"\"b\u0430sh\"", R"("bash")", true}, Lists{R"("Bash")", R"("bash")", true, "ignore_case"},
                      Lists{R"({"tool":"bash"})", R"("bash")", true},
                      // A condition narrows the permission; what is denied in any case is denied under it too.
                      Lists{R"({"tool":"bash","command_prefix":"git log"})", R"("bash")", true},
                      Lists{R"({"tool":"write","path_under":"/a"})", R"({"tool":"w*","path_under":"/a"})", true},
                      Lists{R"("Bash")", R"("bash")", false}, Lists{R"("mcp__*")", R"("mcp__a*")", false},
                      Lists{R"("mcp__*")", R"("mcp__?")", false}, Lists{R"("*")", R"("bash")", false},
                      Lists{R"("a*")", R"("*b")", false}, Lists{R"("b?sh")", R"("b[ae]sh")", false},
                      Lists{R"("mcp__a")", R"("mcp__b*")", false}, Lists{R"("\\*")", R"("a*")", false},
                      Lists{R"("write")", R"({"tool":"write","path_under":"/etc"})", false},
                      Lists{R"({"tool":"write","path_under":"/a"})", R"({"tool":"write","path_under":"/a/b"})", false},
                      Lists{R"({"tool":"t","field":"url","matches":"a"})",
                            R"({"tool":"t","field":"url","matches":"b"})", false}));

TEST(ToolRulesConfig, WhatIsSaidTwiceIsRefused) {
  EXPECT_THAT(problems(R"({"allow":["read","grep","read"]})"),
              ElementsAre("/allow/2: \"read\" says again what allow[0] says (\"read\"); remove one of the two"));
  EXPECT_THAT(problems(R"({"deny":["bash",{"tool":"bash"}]})"),
              ElementsAre(StartsWith("/deny/1: {\"tool\":\"bash\"}")));
  EXPECT_THAT(problems(R"({"ask":[{"tool":"w","path_under":"/a"},{"path_under":"/a/","tool":"w"}]})"),
              ElementsAre(StartsWith("/ask/1: ")));
  EXPECT_THAT(problems(R"({"deny":["Bash","bash"],"names":"ignore_case"})"), ElementsAre(StartsWith("/deny/1: ")));
  EXPECT_THAT(problems(R"({"deny":["Bash","bash"]})"), IsEmpty());
  EXPECT_THAT(problems(R"({"deny":[{"tool":"w","path_under":"/a"},{"tool":"w","path_under":"/b"},"v"]})"), IsEmpty());
}

TEST(ToolRulesConfig, ANameThatShowsNothingIsRefused) {
  EXPECT_THAT(problems(R"({"deny":["  "]})"), ElementsAre(HasSubstr("/deny/0: the pattern \"  \" has nothing to see")));
  EXPECT_THAT(problems("{\"deny\":[\"\u200B\"]}"), ElementsAre(HasSubstr("has nothing to see in it")));
  EXPECT_THAT(problems(R"({"allow":[{"tool":" "}]})"), ElementsAre(HasSubstr("/allow/0/tool: the pattern")));
  EXPECT_THAT(problems(R"({"deny":["bash "]})"), ElementsAre(HasSubstr("begins or ends with a blank")));
  EXPECT_THAT(problems(R"({"allow":[{}]})"), ElementsAre(HasSubstr("/allow/0/tool: is missing")));
}

TEST(ToolRulesConfig, EveryProblemIsListedWithItsPlace) {
  EXPECT_THAT(
      problems(R"({"deny":["[a", "", {"tool":"x","matches":"("}, {"tool":"x","field":"f","matches":"("},
                                   {"tool":"x","field":"f"}, {"path_under":"/"}, {"tool":"x","path":"/"},
                                   {"tool":"x","command_prefix":"  "}, 7],
                           "cwd":"work"})"),
      ElementsAre("/cwd: must be an absolute path", HasSubstr("/deny/0: the pattern \"[a\" has a [ without its ]"),
                  HasSubstr("/deny/1: the pattern \"\" is empty"), HasSubstr("/deny/2/matches: needs 'field'"),
                  HasSubstr("/deny/3/matches: is not a regular expression of RE2"),
                  HasSubstr("/deny/4/field: does nothing without"), HasSubstr("/deny/5/tool: is missing"),
                  HasSubstr("/deny/6/path: is not a condition"), HasSubstr("/deny/7/command_prefix: has no word"),
                  HasSubstr("/deny/8: must be a tool's name")));
}

TEST(ToolRulesConfig, WhatValidateRefusesCannotBeCreated) {
  EXPECT_THROW(PolicyInstance(tool_rules(), R"({"allow":[]})"), PolicyFailure);
  EXPECT_THROW(PolicyInstance(tool_rules(), R"({"deny":["[a"]})"), PolicyFailure);
  EXPECT_THROW(PolicyInstance(tool_rules(), R"({"on_violation":"explode"})"), PolicyFailure);
}

TEST(ToolRulesDeclare, SaysItsRulesAndWhatTheyNeed) {
  const PolicyInstance policy(tool_rules(),
                              R"({"deny":["bash",{"tool":"write","path_under":"/etc"}],"ask":["git_push"]})");
  const boost::json::object declared = policy.declare();
  EXPECT_EQ(declared.at("tool_rules"),
            boost::json::parse(R"([{"deny":["bash",{"tool":"write","path_under":"/etc"}]},{"ask":["git_push"]}])"));
  EXPECT_EQ(declared.at("on_violation"), "deny");
  EXPECT_EQ(declared.at("events"), boost::json::parse(R"(["tool_call_started"])"));
  EXPECT_EQ(declared.at("needs"), boost::json::parse(R"([{"rule":"deny","grade":"intercept","action":"deny"},
                                    {"rule":"ask","grade":"intercept","action":"request_approval"}])"));
  EXPECT_EQ(policy.declare(), declared);
}

TEST(ToolRulesDeclare, OnlyWarningNeedsNoMoreThanObserving) {
  const auto grade = [](const char* on_violation) {
    const PolicyInstance policy(tool_rules(),
                                std::string(R"({"allow":["read"],"on_violation":")") + on_violation + "\"}");
    return policy.declare().at("needs").as_array().at(0).as_object().at("grade");
  };
  EXPECT_EQ(grade("warn"), "observe");
  EXPECT_EQ(grade("deny"), "intercept");
  EXPECT_EQ(grade("cancel"), "intercept");
  EXPECT_EQ(grade("request_approval"), "intercept");
}

TEST(ToolRulesCompile, HintsNamesToProvidersThatHonourThem) {
  const auto compiled = [](const char* config, const char* describe) {
    const PolicyInstance policy(tool_rules(), config);
    return boost::json::value(policy.compile("{}", describe));
  };
  EXPECT_EQ(compiled(R"({"deny":["bash"]})", "{}"), boost::json::parse(R"({"options":{},"enforces":[]})"));
  EXPECT_EQ(compiled(R"({"deny":["bash"]})", R"({"hints":["denied_tools"]})"),
            boost::json::parse(R"({"options":{"denied_tools":["bash"]},"enforces":["deny"]})"));
  EXPECT_EQ(compiled(R"({"deny":["ba*"]})", R"({"hints":["denied_tools"]})"),
            boost::json::parse(R"({"options":{},"enforces":[]})"));
  EXPECT_EQ(compiled(R"({"allow":["read"],"ask":["bash"]})", R"({"hints":["allowed_tools"]})"),
            boost::json::parse(R"({"options":{"allowed_tools":["read","bash"]},"enforces":["allow"]})"));
  EXPECT_EQ(compiled(R"({"deny":["bash"],"on_violation":"warn"})", R"({"hints":["denied_tools"]})"),
            boost::json::parse(R"({"options":{},"enforces":[]})"));
}

}  // namespace
}  // namespace asmgr::testing
