#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/limits/limits_plugin.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string refusal_of(std::string_view config) {
  try {
    const PolicyInstance policy(limits(), config);
  } catch (const PolicyFailure& failure) {
    EXPECT_EQ(failure.status, static_cast<asmgr_status>(ASMGR_E_CONFIG_INVALID));
    return failure.what();
  }
  return "accepted";
}

TEST(LimitsConfig, TheSchemaIsClosedAndDescribesEveryKey) {
  const boost::json::object schema = limits().schema();
  EXPECT_EQ(schema.at("additionalProperties"), false);
  for (const auto& [key, property] : schema.at("properties").as_object()) {
    EXPECT_TRUE(property.as_object().contains("description")) << key;
    const boost::json::value* type = property.as_object().if_contains("type");
    ASSERT_NE(type, nullptr) << key;
    if (*type != "number" && *type != "integer") continue;
    EXPECT_EQ(property.as_object().at("minimum"), 0) << key;
  }
}

TEST(LimitsConfig, AWindowRefusesAndNeitherWarnsNorAsks) {
  EXPECT_THAT(limits().problems(R"({"max_turns":3,"window":{"per":"tenant","every":3600000}})"), IsEmpty());
  for (const std::string action : {"warn", "request_approval"}) {
    const std::string config = R"({"max_turns":3,"window":{"per":"tenant"},"on_violation":")" + action + "\"}";
    EXPECT_THAT(limits().problems(config), ElementsAre(HasSubstr("/on_violation: must be cancel")));
    EXPECT_THAT(refusal_of(config), HasSubstr("/on_violation"));
  }
}

TEST(LimitsConfig, WhatTheSchemaWouldRefuseIsRefusedHereToo) {
  EXPECT_THAT(refusal_of(R"({"max_total_tokens":-1})"), HasSubstr("/max_total_tokens"));
  EXPECT_THAT(refusal_of(R"({"max_cost_usd":-0.1})"), HasSubstr("/max_cost_usd"));
  EXPECT_THAT(refusal_of(R"({"max_turns":"many"})"), HasSubstr("/max_turns"));
  EXPECT_THAT(refusal_of(R"({"on_violation":"deny"})"), HasSubstr("/on_violation"));
  EXPECT_THAT(refusal_of(R"({"on_missing_price":"ignore"})"), HasSubstr("/on_missing_price"));
  EXPECT_THAT(refusal_of(R"({"estimate":{"tokens":-1}})"), HasSubstr("/estimate/tokens"));
  EXPECT_THAT(refusal_of("[]"), HasSubstr("not an object"));
  EXPECT_THAT(refusal_of(R"({"window":{}})"), HasSubstr("/window/per"));
  EXPECT_THAT(refusal_of(R"({"window":{"per":"planet"}})"), HasSubstr("/window/per"));
  EXPECT_THAT(refusal_of(R"({"window":{"per":"agent","every":999}})"), HasSubstr("/window/every"));
}

TEST(LimitsDeclare, SaysWhatItBoundsAndWhatItNeeds) {
  const PolicyInstance policy(limits(), R"({"max_total_tokens":8000,"max_cost_usd":0.5,"max_duration":600000})");
  const boost::json::object declared = policy.declare();
  EXPECT_EQ(declared.at("limits"),
            boost::json::parse(R"({"max_total_tokens":8000,"max_cost_usd":0.5,"max_duration_ms":600000})"));
  EXPECT_EQ(declared.at("on_violation"), "cancel");
  EXPECT_EQ(declared.at("needs"), boost::json::parse(R"([{"rule":"max_total_tokens","grade":"cancel","action":"cancel"},
                                   {"rule":"max_cost_usd","grade":"cancel","action":"cancel"},
                                   {"rule":"max_duration","grade":"cancel","action":"cancel"}])"));
  EXPECT_EQ(policy.declare(), declared);
}

TEST(LimitsDeclare, NeedsFollowOnViolation) {
  const auto need = [](const char* on_violation) {
    const PolicyInstance policy(limits(), std::string(R"({"max_turns":3,"on_violation":")") + on_violation + "\"}");
    return policy.declare().at("needs").as_array().at(0).as_object().at("grade");
  };
  EXPECT_EQ(need("cancel"), "cancel");
  EXPECT_EQ(need("warn"), "observe");
  EXPECT_EQ(need("request_approval"), "intercept");
}

TEST(LimitsDeclare, RequestApprovalIsReportedForTheHostToDecide) {
  const PolicyInstance policy(limits(), R"({"max_turns":3,"on_violation":"request_approval"})");
  EXPECT_EQ(policy.declare().at("on_violation"), "request_approval");
}

TEST(LimitsDeclare, AWindowsBoundsAreNoLimitsOfASingleRun) {
  const PolicyInstance policy(limits(), R"({"max_total_tokens":8000,"max_turns":9,"window":{"per":"agent"}})");
  const boost::json::object declared = policy.declare();
  EXPECT_EQ(declared.at("limits"), boost::json::object());
  EXPECT_EQ(declared.at("needs").as_array().size(), 2U);
  EXPECT_EQ(policy.compile("{}", R"({"hints":["max_tokens","max_turns"]})"),
            boost::json::parse(R"({"options":{},"enforces":[]})"));
}

TEST(LimitsCompile, HintsOnlyWhatTheProviderHonours) {
  const PolicyInstance policy(limits(), R"({"max_total_tokens":8000,"max_turns":3})");
  EXPECT_EQ(policy.compile("{}", R"({"hints":[]})"), boost::json::parse(R"({"options":{},"enforces":[]})"));
  EXPECT_EQ(policy.compile("{}", R"({"hints":["max_tokens","max_turns"]})"),
            boost::json::parse(R"({"options":{"max_tokens":8000,"max_turns":3},"enforces":["max_turns"]})"));
  EXPECT_EQ(policy.compile(R"({"limits":{"max_total_tokens":500}})", R"({"hints":["max_tokens"]})"),
            boost::json::parse(R"({"options":{"max_tokens":500},"enforces":[]})"));
}

}  // namespace
}  // namespace asmgr::testing
