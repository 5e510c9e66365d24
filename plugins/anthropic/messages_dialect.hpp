// The Anthropic Messages API: POST /v1/messages, answered by server-sent events.
#pragma once

#include <asmgr/toolkit/model_api.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace asmgr::anthropic {

class MessagesDialect final : public model_api::Dialect {
 public:
  explicit MessagesDialect(const model_api::Settings& settings);

  [[nodiscard]] model_api::Description describe() const override;
  [[nodiscard]] http::Request request(const model_api::Prompt& prompt) const override;
  [[nodiscard]] std::unique_ptr<model_api::AnswerReader> reader(const model_api::Prompt& prompt) const override;
  [[nodiscard]] model_api::Failure read_error(int http_status, std::string_view body) const override;

 private:
  const std::string url_;
  const std::string api_key_;
};

}  // namespace asmgr::anthropic
