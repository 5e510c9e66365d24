// Reads the stream of POST /responses.
#pragma once

#include <asmgr/toolkit/model_api/answer.hpp>
#include <asmgr/toolkit/model_api/prompt.hpp>
#include <asmgr/toolkit/surrogates.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace asmgr::openai {

class ResponsesReader final : public model_api::AnswerReader {
 public:
  explicit ResponsesReader(const model_api::Prompt& prompt);

  model_api::Reading on_event(std::string_view name, std::string_view data, model_api::Output& out) override;
  // Complete only after response.completed or response.incomplete.
  std::variant<model_api::Answer, model_api::Failure> end(model_api::Output& out) override;

 private:
  struct OpenCall {
    std::string id;
    std::string name;
  };

  void start(const boost::json::object& response, model_api::Output& out);
  void read_item_added(const boost::json::object& event);
  void read_item_done(const boost::json::object& event, model_api::Output& out);
  bool read_delta(std::string_view type, const boost::json::object& event, model_api::Output& out);
  void read_final(const boost::json::object& response, model_api::Output& out);
  std::string stop_reason(bool has_calls) const;
  void name_session(const model_api::Answer& answer, model_api::Output& out) const;

  sdk::SurrogateMender mender_;
  bool wants_structured_;
  bool keeps_answers_;
  std::string id_;                               // of the answer, where it is kept
  std::map<std::int64_t, OpenCall> open_calls_;  // by output_index
  std::string item_text_;                        // streamed of the message that is under way
  std::string text_;
  std::string model_;
  boost::json::array items_;  // what the answer is made of, in order
  std::string status_;        // of the response; empty until it is final
  std::string incomplete_reason_;
  bool refused_ = false;
};

}  // namespace asmgr::openai
