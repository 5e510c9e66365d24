// Reads the stream of one answer of the Messages API.
#pragma once

#include <asmgr/toolkit/model_api/answer.hpp>
#include <asmgr/toolkit/surrogates.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "content_blocks.hpp"

namespace asmgr::anthropic {

class MessagesReader final : public model_api::AnswerReader {
 public:
  // `structured`: the answer was asked for in JSON.
  explicit MessagesReader(bool structured) : structured_(structured) {}

  model_api::Reading on_event(std::string_view name, std::string_view data, model_api::Output& out) override;
  std::variant<model_api::Answer, model_api::Failure> end(model_api::Output& out) override;

 private:
  void message_start(const boost::json::object& event, model_api::Output& out);
  void message_delta(const boost::json::object& event, model_api::Output& out);
  void read_usage(const boost::json::object& holder, model_api::Output& out);

  const bool structured_;
  sdk::SurrogateMender mender_;
  ContentBlocks blocks_;
  model_api::Usage usage_;
  std::string model_;
  std::string stop_reason_;
  bool stopped_ = false;
};

}  // namespace asmgr::anthropic
