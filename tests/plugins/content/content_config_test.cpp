#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/content/content_plugin.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> problems(std::string_view config) {
  return content().problems(config);
}

std::string refusal_of(std::string_view config) {
  try {
    const PolicyInstance policy(content(), config);
  } catch (const PolicyFailure& failure) {
    EXPECT_EQ(failure.status, static_cast<asmgr_status>(ASMGR_E_CONFIG_INVALID));
    return failure.what();
  }
  return "accepted";
}

TEST(ContentConfig, TheSchemaIsClosedAndDescribesEveryKey) {
  const boost::json::object schema = content().schema();
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(schema.at("required"), boost::json::parse(R"(["rules"])"));
  const boost::json::object& list = schema.at("properties").as_object().at("rules").as_object();
  EXPECT_EQ(list.at("minItems"), 1);
  const boost::json::object& written = list.at("items").as_object();
  EXPECT_EQ(written.at("additionalProperties"), false);
  EXPECT_EQ(written.at("required"), boost::json::parse(R"(["on","matches"])"));
  for (const auto& [key, property] : written.at("properties").as_object())
    EXPECT_TRUE(property.as_object().contains("description")) << key;
}

TEST(ContentConfig, WhatMakesSenseHasNoProblems) {
  EXPECT_THAT(problems(rules({rule("prompt", "a"), rule("output", "b", R"("action":"warn","name":"b")"),
                              rule("output", "^c$", R"("action":"request_approval","ignore_case":true)"),
                              rule("output", "d", R"("action":"cancel","name":null)")})),
              IsEmpty());
}

struct Broken {
  std::string config;
  std::string problem;
};

class BrokenContentConfig : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenContentConfig, IsRefusedWithItsPlace) {
  EXPECT_THAT(problems(GetParam().config), ElementsAre(StartsWith(GetParam().problem)));
  EXPECT_THAT(refusal_of(GetParam().config), StartsWith("config " + GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BrokenContentConfig,
    ::testing::Values(
        Broken{"{}", "/rules: has no rule"}, Broken{R"({"rules":[]})", "/rules: has no rule"},
        Broken{rules({"7"}), "/rules/0: must be {on: prompt|output"},
        Broken{rules({R"({"matches":"a"})"}), "/rules/0/on: is missing"},
        Broken{rules({rule("answer", "a")}), "/rules/0/on: must be prompt or output"},
        Broken{rules({R"({"on":3,"matches":"a"})"}), "/rules/0/on: must be a non-empty string"},
        Broken{rules({R"({"on":"output"})"}), "/rules/0/matches: is missing"},
        Broken{rules({rule("output", "")}), "/rules/0/matches: must be a non-empty string"},
        Broken{rules({rule("output", "(a")}), "/rules/0/matches: is not a regular expression of RE2: missing )"},
        Broken{rules({rule("output", "a(?=b)")}), "/rules/0/matches: is not a regular expression of RE2"},
        Broken{rules({rule("output", R"((a)\1)")}), "/rules/0/matches: is not a regular expression of RE2"},
        Broken{rules({rule("output", R"((?:\pL{1000}\pL{1000}){1,9})")}), "/rules/0/matches: is not a regular expr"},
        Broken{rules({rule("output", "a*")}), "/rules/0/matches: matches the empty text"},
        Broken{rules({rule("output", "a", R"("action":"deny")")}), "/rules/0/action: must be cancel, request_app"},
        Broken{rules({rule("output", "a", R"("name":"")")}), "/rules/0/name: must be a non-empty string"},
        Broken{rules({rule("output", "a", R"("ignore_case":"yes")")}), "/rules/0/ignore_case: must be true or false"},
        Broken{rules({rule("output", "a"), rule("output", "a", R"("flags":"i")")}), "/rules/1/flags: is not a key"},
        Broken{rules({rule("output", "a", R"("name":"x")"), rule("prompt", "b", R"("name":"x")")}),
               "/rules/1/name: \"x\" is the name of another rule"},
        Broken{rules({rule("output", "a", R"("name":"rules[1]")"), rule("prompt", "b")}),
               "/rules/1/name: \"rules[1]\" is the name of another rule"}));

TEST(ContentConfig, EveryProblemIsListed) {
  EXPECT_THAT(problems(rules({rule("output", "("), rule("prompt", "a"), rule("both", "b"), "[]"})),
              ElementsAre(StartsWith("/rules/0/matches: "), StartsWith("/rules/2/on: "), StartsWith("/rules/3: ")));
}

TEST(ContentConfig, RulesThatAreTooLargeTogetherAreRefused) {
  // Plain text compiles fastest: each fills more than half of what the two may take together.
  const std::string first = rule("output", "a" + std::string(200'000, 'q'));
  const std::string second = rule("output", "b" + std::string(200'000, 'q'));
  EXPECT_THAT(problems(rules({first})), IsEmpty());
  EXPECT_THAT(problems(rules({first, second})),
              ElementsAre(StartsWith("/rules: the expressions are too large together")));
}

TEST(ContentDeclare, SaysWhatItsRulesNeedAndWhatItWantsToSee) {
  const PolicyInstance policy(content(), rules({rule("output", "a"), rule("prompt", "b", R"("name":"no b")")}));
  const boost::json::object declared = policy.declare();
  EXPECT_EQ(declared.at("needs"), boost::json::parse(R"([{"rule":"no b","grade":"observe","action":"cancel"},
                                                         {"rule":"rules[0]","grade":"cancel","action":"cancel"}])"));
  EXPECT_EQ(declared.at("on_violation"), "cancel");
  EXPECT_EQ(declared.at("events"),
            boost::json::parse(R"(["message_sent","message_streamed","message_received","tool_call_started",
                                   "tool_call_completed","tool_call_failed","turn_completed","step_started",
                                   "step_reset"])"));
  EXPECT_EQ(policy.declare(), declared);
}

TEST(ContentDeclare, PromptRulesAloneSeeNothingOfWhatIsSaid) {
  const PolicyInstance policy(content(), rules({rule("prompt", "b")}));
  EXPECT_EQ(policy.declare().at("events"), boost::json::parse(R"(["message_sent"])"));
}

TEST(ContentDeclare, NeedsAndStrictnessFollowTheActions) {
  const auto declared = [](const char* on, const char* action) {
    const PolicyInstance policy(content(), rules({rule(on, "a", R"("action":")" + std::string(action) + "\"")}));
    const boost::json::object all = policy.declare();
    return std::string(all.at("needs").as_array().at(0).as_object().at("grade").as_string()) + " for " +
           std::string(all.at("on_violation").as_string());
  };
  EXPECT_EQ(declared("output", "cancel"), "cancel for cancel");
  EXPECT_EQ(declared("output", "warn"), "observe for warn");
  EXPECT_EQ(declared("output", "request_approval"), "intercept for request_approval");
  EXPECT_EQ(declared("prompt", "cancel"), "observe for cancel");
  EXPECT_EQ(declared("prompt", "request_approval"), "observe for request_approval");
}

}  // namespace
}  // namespace asmgr::testing
