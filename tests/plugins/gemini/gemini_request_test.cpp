// What the Gemini API is asked for a prompt.
#include "plugins/gemini/gemini_request.hpp"

#include <gmock/gmock.h>
#include <asmgr/cpp/error.hpp>

#include "tests/plugins/support/json_text.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;
using namespace asmgr::model_api;
using testing::HasSubstr;
using testing::Not;

Message message(Role role, std::vector<Part> parts, std::string verbatim = {}) {
  return Message{role, std::move(parts), std::move(verbatim)};
}

// A question, two calls, their results: the second model call of a run.
Prompt tool_prompt(const std::string& verbatim = {}) {
  Prompt prompt;
  prompt.model = "gemini-2.5-flash";
  prompt.turn = 2;
  prompt.messages.push_back(message(Role::kUser, {Text{"Weather?"}}));
  prompt.messages.push_back(
      message(Role::kAssistant,
              {Text{"I look."}, ToolCall{"c1", "weather", {{"city", "Paris"}}}, ToolCall{"c2", "time", {}}}, verbatim));
  prompt.messages.push_back(
      message(Role::kTool, {ToolResult{"c1", "", json::value{{"t", 18}}, false}, ToolResult{"c2", "", "late", true}}));
  return prompt;
}

std::string contents(const Prompt& prompt) {
  return sorted_json(asmgr::gemini::gemini_request(prompt).at("contents"));
}

TEST(GeminiRequest, TellsTheWholeConversation) {
  EXPECT_EQ(contents(tool_prompt()),
            R"([{"parts":[{"text":"Weather?"}],"role":"user"},{"parts":[{"text":"I look."},)"
            R"({"functionCall":{"args":{"city":"Paris"},"id":"c1","name":"weather"}},)"
            R"({"functionCall":{"args":{},"id":"c2","name":"time"}}],"role":"model"},)"
            R"({"parts":[{"functionResponse":{"id":"c1","name":"weather","response":{"t":18}}},)"
            R"({"functionResponse":{"id":"c2","name":"time","response":{"error":"late"}}}],"role":"user"}])");
}

TEST(GeminiRequest, SendsWhatTheModelSaidWordForWordWhereItIsKept) {
  const std::string said = contents(tool_prompt(R"({"parts":[{"thoughtSignature":"c2ln"}],"role":"model"})"));
  EXPECT_THAT(said,
              HasSubstr(R"({"parts":[{"thoughtSignature":"c2ln"}],"role":"model"},{"parts":[{"functionResponse")"));
  EXPECT_THAT(said, HasSubstr(R"("name":"weather")"));  // the results still know it
  EXPECT_THAT(said, Not(HasSubstr("I look.")));
}

TEST(GeminiRequest, TheFirstCallOfTheRunningTurnGetsASignatureWhereNoneIsKnown) {
  Prompt prompt = tool_prompt();
  prompt.model = "gemini-3-pro";
  EXPECT_THAT(contents(prompt),
              HasSubstr(R"("id":"c1","name":"weather"},"thoughtSignature":"skip_thought_signature_validator"},)"
                        R"({"functionCall":{"args":{},"id":"c2","name":"time"}}])"));
  // Once the user has spoken again, nobody asks for it.
  prompt.messages.push_back(message(Role::kUser, {Text{"And now?"}}));
  EXPECT_THAT(contents(prompt), Not(HasSubstr("thoughtSignature")));
}

TEST(GeminiRequest, SendsImagesWithTheirBytesOrTheirUrl) {
  Prompt prompt;
  prompt.model = "m";
  prompt.messages.push_back(
      message(Role::kUser, {Image{"image/png", "iVBO", ""}, Image{"", "", "https://example.org/a.png"}}));
  EXPECT_EQ(contents(prompt), R"([{"parts":[{"inlineData":{"data":"iVBO","mimeType":"image/png"}},)"
                              R"({"fileData":{"fileUri":"https://example.org/a.png"}}],"role":"user"}])");
}

TEST(GeminiRequest, NamesInstructionsToolsLimitsAndTheShapeOfTheAnswer) {
  Prompt prompt;
  prompt.model = "m";
  prompt.system = "Be brief.";
  prompt.messages.push_back(message(Role::kUser, {Text{"x"}}));
  prompt.tools.push_back(Tool{"ls", "Lists", {{"type", "object"}}});
  prompt.max_output_tokens = 100;
  prompt.temperature = 0.5;
  prompt.output_schema = json::object{{"type", "object"}};
  prompt.options = json::parse(R"({"generationConfig":{"temperature":null,"topK":3}})").as_object();
  json::object body = asmgr::gemini::gemini_request(prompt);
  body.erase("contents");
  EXPECT_EQ(sorted_json(body),
            R"({"generationConfig":{"maxOutputTokens":100,"responseJsonSchema":{"type":"object"},)"
            R"("responseMimeType":"application/json","topK":3},"systemInstruction":{"parts":[{"text":"Be brief."}]},)"
            R"("tools":[{"functionDeclarations":[{"description":"Lists","name":"ls",)"
            R"("parametersJsonSchema":{"type":"object"}}]}]})");
}

TEST(GeminiRequest, WithoutAModelItSaysWhereToNameOne) {
  Prompt prompt = tool_prompt();
  prompt.model.clear();
  EXPECT_THROW(static_cast<void>(asmgr::gemini::gemini_request(prompt)), asmgr::sdk::StatusError);
}

TEST(GeminiPath, NamesTheModelAndNothingElse) {
  EXPECT_EQ(asmgr::gemini::gemini_path("gemini-2.5-flash"), "/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  EXPECT_EQ(asmgr::gemini::gemini_path("tunedModels/mine"), "/tunedModels/mine:streamGenerateContent?alt=sse");
  EXPECT_EQ(asmgr::gemini::gemini_path("a?key=b#\xC3"), "/models/a%3Fkey%3Db%23%C3:streamGenerateContent?alt=sse");
}

}  // namespace
}  // namespace asmgr_test
