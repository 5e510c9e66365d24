// Reads the stream of POST /chat/completions.
#pragma once

#include <asmgr/toolkit/model_api/answer.hpp>
#include <asmgr/toolkit/model_api/prompt.hpp>
#include <asmgr/toolkit/surrogates.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tool_call_slots.hpp"

namespace asmgr::openai {

class ChatReader final : public model_api::AnswerReader {
 public:
  explicit ChatReader(const model_api::Prompt& prompt);

  model_api::Reading on_event(std::string_view name, std::string_view data, model_api::Output& out) override;
  // Complete after [DONE], or a finish_reason: some servers send only one of them.
  std::variant<model_api::Answer, model_api::Failure> end(model_api::Output& out) override;

 private:
  void read_choice(const boost::json::object& choice, model_api::Output& out);
  void read_delta(const boost::json::object& delta, model_api::Output& out);
  std::variant<std::vector<model_api::ToolCall>, model_api::Failure> calls_of_answer() const;
  std::string stop_reason(bool has_calls) const;
  std::string verbatim() const;

  sdk::SurrogateMender mender_;
  bool wants_structured_;
  ToolCallSlots slots_;
  std::string text_;
  std::string reasoning_;
  std::string reasoning_key_;  // what the server calls it
  std::string model_;
  std::string finish_reason_;
  bool refused_ = false;
  bool done_ = false;
};

}  // namespace asmgr::openai
