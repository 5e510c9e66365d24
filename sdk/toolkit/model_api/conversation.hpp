// Puts messages together so that they are a conversation that every model API accepts.
#pragma once

#include <asmgr/toolkit/model_api/prompt.hpp>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace asmgr::model_api {

// Fed in the order of the conversation; serial use. Sees to it that each call has exactly one result, right after the
// assistant message that holds it.
class Conversation {
 public:
  explicit Conversation(const std::vector<RememberedTurn>& remembered);

  void user(std::vector<Part> parts);
  void assistant(std::string text);
  void call(ToolCall call);
  // Ignored when there is no such call that waits for one.
  void result(ToolResult result);

  // Gives the messages away.
  [[nodiscard]] std::vector<Message> finish();

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  [[nodiscard]] std::size_t remembered_turn(const std::string& call_id) const;
  void close_calls();
  void put_in_verbatim(Message& message) const;

  const std::vector<RememberedTurn>& remembered_;
  std::unordered_map<std::string, std::size_t> turn_of_call_;
  std::vector<Message> messages_;
  std::size_t assistant_at_ = kNone;  // the assistant message that calls may still join
  std::size_t assistant_turn_ = kNone;
  std::vector<ToolCall> open_;  // calls without a result, without their input
};

}  // namespace asmgr::model_api
