// Reads the stream of POST /models/MODEL:streamGenerateContent?alt=sse.
#pragma once

#include <asmgr/toolkit/model_api/answer.hpp>
#include <asmgr/toolkit/model_api/prompt.hpp>
#include <asmgr/toolkit/surrogates.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asmgr::gemini {

class GeminiReader final : public model_api::AnswerReader {
 public:
  explicit GeminiReader(const model_api::Prompt& prompt);

  model_api::Reading on_event(std::string_view name, std::string_view data, model_api::Output& out) override;
  // Complete after a finishReason. There is no last event, and with older models every event has a finishReason.
  std::variant<model_api::Answer, model_api::Failure> end(model_api::Output& out) override;

 private:
  void read_part(const boost::json::object& part, model_api::Output& out);
  void read_call(boost::json::object part, model_api::Output& out);
  void keep(const boost::json::object& part);

  sdk::SurrogateMender mender_;
  bool wants_structured_;
  std::string made_up_ids_;  // what ids of calls begin with that the API does not give
  std::string text_;
  std::string model_;
  std::string finish_reason_;
  std::string finish_message_;
  std::vector<model_api::ToolCall> calls_;
  boost::json::array parts_;  // as they came; pieces of one text joined
};

}  // namespace asmgr::gemini
