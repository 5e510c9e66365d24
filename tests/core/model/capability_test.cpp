#include "core/model/capability.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

Capability capability(std::string name, CapabilityType type, bool enabled = true) {
  Capability result;
  result.name = std::move(name);
  result.type = type;
  result.enabled = enabled;
  return result;
}

const Capability kOffered[] = {
    capability("streaming", CapabilityType::sampling),
    capability("bash", CapabilityType::tool),
    capability("web", CapabilityType::network_access, false),
};

TEST(Capability, ComesBackFromItsJson) {
  Capability full = capability("bash", CapabilityType::code_execution, false);
  full.description = "runs commands";
  full.config = {{"timeout", 5}};
  full.permissions = {"read", "write"};
  EXPECT_EQ(to_text(to_json(full)),
            R"({"name":"bash","type":"code_execution","enabled":false,"description":"runs commands",)"
            R"("config":{"timeout":5},"permissions":["read","write"]})");
  EXPECT_EQ(*capability_from_json(to_json(full)), full);
  EXPECT_EQ(*capability_from_json(to_json(kOffered[0])), kOffered[0]);
}

TEST(Capability, IsEnabledUnlessSaidOtherwise) {
  const auto read = capability_from_json(*parse_json(R"({"name":"x","type":"tool"})", "t"));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->enabled);
}

TEST(CapabilityType, EveryOneIsReadBackFromItsName) {
  for (const std::string_view name :
       {"tool", "resource", "prompt", "sampling", "file_access", "network_access", "code_execution"}) {
    const auto type = parse_capability_type(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(type_name(*type), name);
  }
}

TEST(CapabilityNeed, IsATypeOrATypeWithAName) {
  const auto read = [](std::string_view text) { return capability_need_from_json(*parse_json(text, "t")); };
  EXPECT_EQ(*read("\"tool\""), (CapabilityNeed{CapabilityType::tool, ""}));
  EXPECT_EQ(*read(R"({"type":"sampling"})"), (CapabilityNeed{CapabilityType::sampling, ""}));
  EXPECT_EQ(*read(R"({"type":"sampling","name":"streaming"})"),
            (CapabilityNeed{CapabilityType::sampling, "streaming"}));
  EXPECT_EQ(read("\"magic\"").error().code(), ErrorCode::invalid_capability_type);
  EXPECT_EQ(read("7").error().code(), ErrorCode::validation_error);
}

TEST(Negotiation, IsFullWhenNothingIsMissing) {
  const CapabilityNeed required[] = {{CapabilityType::sampling, "streaming"}};
  const CapabilityNeed optional[] = {{CapabilityType::tool, ""}};
  const auto result = negotiate(kOffered, required, optional);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->full);
  EXPECT_EQ(to_text(to_json(*result)),
            R"({"status":"full","supported":[{"type":"sampling","name":"streaming"},{"type":"tool","name":null}],)"
            R"("unsupported":[],"warnings":[]})");
}

TEST(Negotiation, IsDegradedWithoutAnOptionalOne) {
  const CapabilityNeed optional[] = {
      {CapabilityType::prompt, ""}, {CapabilityType::tool, "zsh"}, {CapabilityType::prompt, ""}};
  const auto result = negotiate(kOffered, {}, optional);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->full);
  EXPECT_EQ(result->unsupported.size(), 2u);
  ASSERT_EQ(result->warnings.size(), 2u);
  EXPECT_EQ(result->warnings[0], "the provider does not offer the optional capability prompt");
  EXPECT_EQ(result->warnings[1], "the provider does not offer the optional capability tool \"zsh\"");
}

TEST(Negotiation, NamesEveryRequiredOneThatIsMissing) {
  const CapabilityNeed required[] = {{CapabilityType::prompt, ""},
                                     {CapabilityType::tool, "bash"},
                                     {CapabilityType::tool, "zsh"},
                                     {CapabilityType::network_access, ""}};
  const auto result = negotiate(kOffered, required, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::missing_required_capability);
  EXPECT_EQ(
      result.error().message(),
      "the provider lacks what is required: prompt, tool \"zsh\", network_access; choose another provider or drop "
      "the requirement");
  EXPECT_EQ(
      to_text(result.error().details()),
      R"({"missing":[{"type":"prompt","name":null},{"type":"tool","name":"zsh"},{"type":"network_access","name":null}]})");
}

TEST(Negotiation, OfNothingIsFull) {
  EXPECT_TRUE(negotiate({}, {}, {})->full);
}

}  // namespace
}  // namespace asmgr
