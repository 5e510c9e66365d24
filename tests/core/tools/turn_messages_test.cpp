// What a model is told from its second call on, and how what a tool returns is cut.
#include "core/tools/turn_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

using ::testing::HasSubstr;

boost::json::object object_of(std::string_view text) {
  return boost::json::parse(text).as_object();
}

TEST(TurnMessages, HoldWhatWasSaidBeforeTheInputAndWhatCameSince) {
  auto messages = TurnMessages::of(R"([{"role":"user","content":"before"}])", object_of(R"({"prompt":"now"})"));
  ASSERT_TRUE(messages);
  messages->add_said("I will look");
  const ModelCall call{"c1", "mcp__files__read", object_of(R"({"path":"a"})")};
  messages->add_call(call);
  messages->add_result(call, {true, "not there"});
  EXPECT_EQ(
      messages->text(),
      R"([{"role":"user","content":"before"},{"role":"user","content":"now"},)"
      R"({"role":"assistant","content":"I will look"},)"
      R"({"role":"assistant","tool_call_id":"c1","tool_name":"mcp__files__read","tool_input":{"path":"a"}},)"
      R"({"role":"tool","tool_call_id":"c1","tool_name":"mcp__files__read","tool_output":"not there","is_error":true}])");
}

TEST(TurnMessages, KeepThePartsOfAnInputAndDropWhatSaysNothing) {
  const auto input = object_of(R"({"messages":[{"role":"SYSTEM","content":"be brief"},{"content":""},
      {"role":"user","content":[{"type":"image","source":{"type":"url","url":"u"}}]}]})");
  auto messages = TurnMessages::of("", input);
  ASSERT_TRUE(messages);
  EXPECT_EQ(messages->text(), R"([{"role":"system","content":"be brief"},)"
                              R"({"role":"user","content":[{"type":"image","source":{"type":"url","url":"u"}}]}])");
  EXPECT_EQ(TurnMessages::of("", "a text")->text(), R"([{"role":"user","content":"a text"}])");
  EXPECT_EQ(TurnMessages::of("", nullptr)->text(), "[]");
  EXPECT_FALSE(TurnMessages::of("{}", nullptr));
  EXPECT_FALSE(TurnMessages::of("[", nullptr));
}

TEST(TurnMessages, OfACallThatIsTakenUpLoseWhatStoodInThePlaceOfItsResult) {
  auto messages = TurnMessages::of(
      R"([{"role":"assistant","tool_call_id":"c1","tool_name":"t","tool_input":{}},)"
      R"({"role":"tool","tool_call_id":"c1","tool_name":"t","tool_output":"of an earlier call with this id"},)"
      R"({"role":"assistant","tool_call_id":"c1","tool_name":"t","tool_input":{"n":1}},)"
      R"({"role":"tool","tool_call_id":"c1","tool_name":"t","tool_output":"waits"}])",
      nullptr);
  ASSERT_TRUE(messages);
  const ModelCall known{"c1", "t", object_of(R"({"n":1})")};
  const ModelCall unknown{"c2", "t", {}};
  messages->take_up_call(known);
  messages->take_up_call(unknown);
  messages->add_result(known, {false, "done"});
  EXPECT_EQ(messages->text(),
            R"([{"role":"assistant","tool_call_id":"c1","tool_name":"t","tool_input":{}},)"
            R"({"role":"tool","tool_call_id":"c1","tool_name":"t","tool_output":"of an earlier call with this id"},)"
            R"({"role":"assistant","tool_call_id":"c1","tool_name":"t","tool_input":{"n":1}},)"
            R"({"role":"assistant","tool_call_id":"c2","tool_name":"t","tool_input":{}},)"
            R"({"role":"tool","tool_call_id":"c1","tool_name":"t","tool_output":"done"}])");
}

TEST(WaitingCalls, AreReadOrRefused) {
  EXPECT_TRUE(read_waiting_calls("")->empty());
  const auto calls = read_waiting_calls(R"([{"tool_call_id":"c","tool_name":"t","tool_input":{"n":1}}])");
  ASSERT_TRUE(calls);
  ASSERT_EQ(calls->size(), 1U);
  EXPECT_EQ((*calls)[0].id, "c");
  EXPECT_EQ(to_text((*calls)[0].input), R"({"n":1})");
  for (const std::string_view wrong : {"[", "{}", "[]", "[1]", R"([{"tool_call_id":"c"}])"}) {
    EXPECT_FALSE(read_waiting_calls(wrong)) << wrong;
  }
}

TEST(ToolCalls, GetAnIdOfTheirOwnWhereTheModelGaveNoneOrTheSameTwice) {
  const auto calls = read_tool_calls(
      object_of(R"({"tool_calls":[{"id":"a","name":"x","input":{"n":1}},{"id":"a","name":"x"},{"name":"y"}]})"), 3);
  ASSERT_TRUE(calls);
  ASSERT_EQ(calls->size(), 3U);
  EXPECT_EQ((*calls)[0].id, "a");
  EXPECT_EQ(to_text((*calls)[0].input), R"({"n":1})");
  EXPECT_EQ((*calls)[1].id, "call_3_2");
  EXPECT_EQ((*calls)[2].id, "call_3_3");
}

TEST(ToolCalls, ThatAreNoneAreTheProvidersFault) {
  for (const std::string_view text : {R"({})", R"({"tool_calls":[]})", R"({"tool_calls":[{"id":"a"}]})",
                                      R"({"tool_calls":["x"]})", R"({"tool_calls":{}})"}) {
    const auto calls = read_tool_calls(object_of(text), 1);
    ASSERT_FALSE(calls) << text;
    EXPECT_EQ(calls.error().code(), ErrorCode::plugin_misbehaved);
  }
}

TEST(ToolResults, AreCutAtTheEndOfACharacterAndSaySo) {
  EXPECT_EQ(cut_to({false, "short"}, 5).output.as_string(), "short");
  const auto cut = cut_to({false, "ab\xC3\xA4gh"}, 3);
  EXPECT_EQ(cut.output.as_string(), "ab\n[cut here: 2 of 6 bytes are shown]");
  EXPECT_THAT(std::string(cut_to({false, boost::json::string(5000, 'x')}, 100).output.as_string()),
              HasSubstr("100 of 5000 bytes"));
}

TEST(ToolResults, LoseWhatIsNoTextWhenItDoesNotFit) {
  boost::json::array blocks;
  blocks.push_back(object_of(R"({"type":"text","text":"look"})"));
  boost::json::object image;
  image["type"] = "image";
  image["data"] = boost::json::string(1000, 'A');
  blocks.push_back(image);
  const ToolOutcome cut = cut_to({false, blocks}, 200);
  EXPECT_EQ(to_text(cut.output),
            R"([{"type":"text","text":"look"},)"
            R"({"type":"text","text":"[1 more part(s) of the result did not fit and are left out]"}])");
  EXPECT_EQ(cut_to({false, blocks}, 5000).output, boost::json::value(blocks));
}

}  // namespace
}  // namespace asmgr
