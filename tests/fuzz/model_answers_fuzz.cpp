// Answers of model APIs, as the plugins openai and gemini read them.
//
// Input: the body of an answer; recordings are taken with their heads, which no event begins in.
#include <asmgr/toolkit/json_lookup.hpp>
#include <asmgr/toolkit/sse.hpp>
#include <string>
#include <variant>

#include "plugins/gemini/error_envelope.hpp"
#include "plugins/gemini/gemini_reader.hpp"
#include "plugins/openai/chat_reader.hpp"
#include "plugins/openai/error_envelope.hpp"
#include "plugins/openai/responses_reader.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

using model_api::Answer;
using model_api::Failure;

void check_events(model_api::Output& out, std::string_view text) {
  const model_api::Usage used = out.used();
  require(used.input >= 0 && used.cache_read >= 0 && used.cache_write >= 0 && used.output >= 0 && used.reasoning >= 0,
          "no count is negative", text);
  for (const model_api::Output::Made& event : out.take()) {
    require(sdk::parse_object(event.data).has_value(), "an event's data is an object", event.data);
  }
}

void check_answer(const Answer& answer, std::string_view text) {
  for (const model_api::ToolCall& call : answer.calls) {
    require(!call.id.empty() && !call.name.empty(), "a call has an id and a name", text);
  }
  require((answer.stop_reason == "tool_use") == !answer.calls.empty(), "a stop for tools has calls", text);
  require(answer.verbatim.empty() || !answer.calls.empty(), "only calls are given back", text);
}

void check_failure(const Failure& failure, std::string_view text) {
  require(failure.status != ASMGR_OK, "a failure is none of success", text);
}

template <typename Reader>
void read(std::string_view body) {
  model_api::Prompt prompt;
  prompt.run_id = "run_1";
  prompt.output_schema.emplace();
  Reader reader(prompt);
  model_api::Output out;
  sse::Parser parser;
  model_api::Reading reading = model_api::More{};
  parser.feed(body, [&](const sse::Event& event) {
    if (std::holds_alternative<model_api::More>(reading)) reading = reader.on_event(event.name, event.data, out);
  });
  if (const auto* failure = std::get_if<Failure>(&reading)) {
    check_failure(*failure, body);
  } else {
    const std::variant<Answer, Failure> ending = reader.end(out);
    if (const auto* answer = std::get_if<Answer>(&ending)) check_answer(*answer, body);
    if (const auto* cut = std::get_if<Failure>(&ending)) check_failure(*cut, body);
  }
  check_events(out, body);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr::fuzz;
  const std::string_view body = as_text(data, size);
  read<asmgr::openai::ChatReader>(body);
  read<asmgr::openai::ResponsesReader>(body);
  read<asmgr::gemini::GeminiReader>(body);
  check_failure(asmgr::openai::failure_of_body(500, body), body);
  check_failure(asmgr::gemini::failure_of_body(400, body), body);
  return 0;
}
