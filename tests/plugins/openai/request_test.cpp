// What the two APIs are asked for a prompt.
#include <gmock/gmock.h>
#include <asmgr/cpp/error.hpp>

#include "plugins/openai/chat_request.hpp"
#include "plugins/openai/endpoint.hpp"
#include "plugins/openai/responses_request.hpp"
#include "tests/plugins/support/json_text.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;
using namespace asmgr::model_api;

Message message(Role role, std::vector<Part> parts, std::string verbatim = {}) {
  return Message{role, std::move(parts), std::move(verbatim)};
}

// A question, a call, its result: the second model call of a run.
Prompt tool_prompt(const std::string& verbatim = {}) {
  Prompt prompt;
  prompt.model = "gpt-5";
  prompt.turn = 2;
  prompt.messages.push_back(message(Role::kUser, {Text{"Weather?"}}));
  prompt.messages.push_back(
      message(Role::kAssistant, {Text{"I look."}, ToolCall{"c1", "weather", {{"city", "Paris"}}}}, verbatim));
  prompt.messages.push_back(message(Role::kTool, {ToolResult{"c1", "weather", json::value{{"t", 18}}, false}}));
  return prompt;
}

std::string chat_messages(const Prompt& prompt) {
  return sorted_json(asmgr::openai::chat_request(prompt, "max_tokens").at("messages"));
}
std::string responses_input(const Prompt& prompt) {
  return sorted_json(asmgr::openai::responses_request(prompt).at("input"));
}

TEST(ChatRequest, TellsTheWholeConversation) {
  Prompt prompt = tool_prompt();
  prompt.system = "Be brief.";
  EXPECT_EQ(chat_messages(prompt),
            R"([{"content":"Be brief.","role":"system"},{"content":"Weather?","role":"user"},)"
            R"({"content":"I look.","role":"assistant","tool_calls":[{"function":{"arguments":"{\"city\":\"Paris\"}",)"
            R"("name":"weather"},"id":"c1","type":"function"}]},)"
            R"({"content":"{\"t\":18}","role":"tool","tool_call_id":"c1"}])");
}

TEST(ChatRequest, SendsWhatTheServerSaidWordForWordWhereItIsKept) {
  EXPECT_THAT(chat_messages(tool_prompt(R"({"role":"assistant","reasoning":"Hm"})")),
              testing::HasSubstr(R"({"reasoning":"Hm","role":"assistant"},{"content":"{\"t\")"));
}

TEST(ChatRequest, SendsImagesWithTheirBytesOrTheirUrl) {
  Prompt prompt;
  prompt.model = "m";
  prompt.messages.push_back(message(
      Role::kUser, {Text{"What is it?"}, Image{"image/png", "iVBO", ""}, Image{"", "", "https://example.org/a.png"}}));
  EXPECT_EQ(chat_messages(prompt), R"([{"content":[{"text":"What is it?","type":"text"},)"
                                   R"({"image_url":{"url":"data:image/png;base64,iVBO"},"type":"image_url"},)"
                                   R"({"image_url":{"url":"https://example.org/a.png"},"type":"image_url"}],)"
                                   R"("role":"user"}])");
}

TEST(ChatRequest, NamesToolsLimitsAndTheShapeOfTheAnswer) {
  Prompt prompt;
  prompt.model = "m";
  prompt.messages.push_back(message(Role::kUser, {Text{"x"}}));
  prompt.tools.push_back(Tool{"ls", "Lists", {{"type", "object"}}});
  prompt.max_output_tokens = 100;
  prompt.temperature = 0.5;
  prompt.output_schema = json::object{{"type", "object"}, {"additionalProperties", false}};
  json::object body = asmgr::openai::chat_request(prompt, "max_completion_tokens");
  body.erase("messages");
  EXPECT_EQ(sorted_json(body),
            R"({"max_completion_tokens":100,"model":"m","response_format":{"json_schema":{"name":"answer",)"
            R"("schema":{"additionalProperties":false,"type":"object"},"strict":true},"type":"json_schema"},)"
            R"("stream":true,"stream_options":{"include_usage":true},"temperature":5E-1,)"
            R"("tools":[{"function":{"description":"Lists","name":"ls","parameters":{"type":"object"}},)"
            R"("type":"function"}]})");
}

TEST(ChatRequest, OptionsComeLastAndANullTakesAMemberOut) {
  Prompt prompt = tool_prompt();
  prompt.options = json::parse(R"({"stream_options":null,"seed":7,"model":"other"})").as_object();
  json::object body = asmgr::openai::chat_request(prompt, "max_tokens");
  EXPECT_FALSE(body.contains("stream_options"));
  EXPECT_EQ(body.at("seed"), 7);
  EXPECT_EQ(body.at("model"), "other");
}

TEST(ChatRequest, WithoutAModelItSaysWhereToNameOne) {
  Prompt prompt = tool_prompt();
  prompt.model.clear();
  try {
    static_cast<void>(asmgr::openai::chat_request(prompt, "max_tokens"));
    FAIL() << "accepted";
  } catch (const asmgr::sdk::StatusError& error) {
    EXPECT_EQ(error.status(), ASMGR_E_MISSING_FIELD);
    EXPECT_THAT(std::string(error.message()), testing::HasSubstr("set `model` in the provider's config"));
  }
}

TEST(ResponsesRequest, TellsTheWholeConversation) {
  Prompt prompt = tool_prompt();
  prompt.system = "Be brief.";
  EXPECT_EQ(responses_input(prompt),
            R"([{"content":[{"text":"Weather?","type":"input_text"}],"role":"user"},)"
            R"({"content":"I look.","role":"assistant"},)"
            R"({"arguments":"{\"city\":\"Paris\"}","call_id":"c1","name":"weather","type":"function_call"},)"
            R"({"call_id":"c1","output":"{\"t\":18}","type":"function_call_output"}])");
  EXPECT_EQ(asmgr::openai::responses_request(prompt).at("instructions"), "Be brief.");
}

TEST(ResponsesRequest, SendsWhatTheServerSaidWordForWordWhereItIsKept) {
  const std::string kept =
      R"([{"encrypted_content":"gAAA","type":"reasoning"},{"call_id":"c1","type":"function_call"}])";
  EXPECT_EQ(responses_input(tool_prompt(kept)),
            R"([{"content":[{"text":"Weather?","type":"input_text"}],"role":"user"},)"
            R"({"encrypted_content":"gAAA","type":"reasoning"},{"call_id":"c1","type":"function_call"},)"
            R"({"call_id":"c1","output":"{\"t\":18}","type":"function_call_output"}])");
}

TEST(ResponsesRequest, SendsImages) {
  Prompt prompt;
  prompt.model = "m";
  prompt.messages.push_back(message(Role::kUser, {Image{"image/png", "iVBO", ""}}));
  EXPECT_EQ(responses_input(prompt),
            R"([{"content":[{"image_url":"data:image/png;base64,iVBO","type":"input_image"}],"role":"user"}])");
}

TEST(ResponsesRequest, KeepsNothingAtTheServerAndAsksModelsThatReasonForTheirReasoning) {
  const auto include = [](const std::string& model) {
    Prompt prompt = tool_prompt();
    prompt.model = model;
    const json::object body = asmgr::openai::responses_request(prompt);
    EXPECT_EQ(body.at("store"), false);
    return body.contains("include");
  };
  for (const std::string model : {"gpt-5", "gpt-5.2-codex", "gpt-10-mini", "o3", "o4-mini"})
    EXPECT_TRUE(include(model)) << model;
  for (const std::string model : {"gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "omni", "qwen3:8b", "gpt-oss"}) {
    EXPECT_FALSE(include(model)) << model;
  }
}

TEST(ResponsesRequest, GoesOnFromAnAnswerThatTheServerHas) {
  Prompt prompt;
  prompt.model = "gpt-4o";
  prompt.messages.push_back(message(Role::kUser, {Text{"and then?"}}));
  EXPECT_FALSE(asmgr::openai::responses_request(prompt).contains("previous_response_id"));
  prompt.resume_token = "resp_1";
  prompt.options["store"] = true;
  const json::object body = asmgr::openai::responses_request(prompt);
  EXPECT_EQ(body.at("previous_response_id"), "resp_1");
  EXPECT_EQ(body.at("store"), true);
  EXPECT_EQ(body.at("input").as_array().size(), 1U);
}

TEST(ResponsesRequest, NamesToolsLimitsAndTheShapeOfTheAnswer) {
  Prompt prompt;
  prompt.model = "gpt-4o";
  prompt.messages.push_back(message(Role::kUser, {Text{"x"}}));
  prompt.tools.push_back(Tool{"ls", "Lists", {{"type", "object"}}});
  prompt.max_output_tokens = 100;
  prompt.output_schema = json::object{{"type", "object"}};
  json::object body = asmgr::openai::responses_request(prompt);
  body.erase("input");
  EXPECT_EQ(sorted_json(body),
            R"({"max_output_tokens":100,"model":"gpt-4o","store":false,"stream":true,)"
            R"("text":{"format":{"name":"answer","schema":{"type":"object"},"strict":false,"type":"json_schema"}},)"
            R"("tools":[{"description":"Lists","name":"ls","parameters":{"type":"object"},"strict":false,)"
            R"("type":"function"}]})");
}

std::string header_of(const asmgr::http::Request& request, std::string_view name) {
  for (const asmgr::http::Header& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return "none";
}

Settings settings_for(const std::string& base_url, const std::string& api_key = {}) {
  Settings settings;
  settings.base_url = base_url;
  settings.api_key = api_key;
  return settings;
}

TEST(OpenAiEndpoint, PutsTheKeyIntoAHeaderAndLeavesItOutWhereThereIsNone) {
  const asmgr::openai::Endpoint with(settings_for("https://api.openai.com/v1", "sk-1"), "/responses");
  EXPECT_EQ(header_of(with.request({}), "authorization"), "Bearer sk-1");
  EXPECT_EQ(with.request({}).url, "https://api.openai.com/v1/responses");
  const asmgr::openai::Endpoint without(settings_for("http://127.0.0.1:11434/v1"), "/chat/completions");
  EXPECT_EQ(header_of(without.request({}), "authorization"), "none");
}

TEST(OpenAiEndpoint, KeepsTheQueryOfTheBaseUrlAtTheEnd) {
  const asmgr::openai::Endpoint endpoint(
      settings_for("https://n.openai.azure.com/openai/deployments/d?api-version=2024-10-21"), "/chat/completions");
  EXPECT_EQ(endpoint.request({}).url,
            "https://n.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21");
}

TEST(OpenAiEndpoint, CallsTheLimitAsTheServerKnowsIt) {
  const auto name = [](const std::string& url) {
    return asmgr::openai::Endpoint(settings_for(url), "/x").limit_name();
  };
  EXPECT_EQ(name("https://api.openai.com/v1"), "max_completion_tokens");
  EXPECT_EQ(name("https://n.openai.azure.com/openai/v1"), "max_completion_tokens");
  EXPECT_EQ(name("http://127.0.0.1:11434/v1"), "max_tokens");
  EXPECT_EQ(name("https://example.org/api.openai.com"), "max_tokens");
}

}  // namespace
}  // namespace asmgr_test
