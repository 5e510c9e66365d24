#include "conversation.hpp"

#include <algorithm>
#include <utility>

namespace asmgr::model_api {

Conversation::Conversation(const std::vector<RememberedTurn>& remembered) : remembered_(remembered) {
  for (std::size_t turn = 0; turn < remembered.size(); ++turn) {
    for (const std::string& id : remembered[turn].call_ids) turn_of_call_[id] = turn;
  }
}

std::size_t Conversation::remembered_turn(const std::string& call_id) const {
  const auto found = turn_of_call_.find(call_id);
  return found == turn_of_call_.end() ? kNone : found->second;
}

void Conversation::user(std::vector<Part> parts) {
  if (parts.empty()) return;
  close_calls();
  assistant_at_ = kNone;
  messages_.push_back({Role::kUser, std::move(parts), {}});
}

void Conversation::assistant(std::string text) {
  if (text.empty()) return;
  const bool goes_on = assistant_at_ != kNone && assistant_at_ + 1 == messages_.size() && open_.empty();
  if (!goes_on) {
    close_calls();
    assistant_at_ = messages_.size();
    assistant_turn_ = kNone;
    messages_.push_back({Role::kAssistant, {}, {}});
  }
  messages_[assistant_at_].parts.emplace_back(Text{std::move(text)});
}

void Conversation::call(ToolCall call) {
  const std::size_t turn = remembered_turn(call.id);
  const bool nothing_between = assistant_at_ != kNone && assistant_at_ + 1 == messages_.size();
  const bool same_turn = assistant_at_ != kNone && turn != kNone && turn == assistant_turn_;
  if (!nothing_between && !same_turn) {
    close_calls();
    assistant_at_ = messages_.size();
    messages_.push_back({Role::kAssistant, {}, {}});
  }
  assistant_turn_ = turn;
  open_.push_back({call.id, call.name, {}});
  messages_[assistant_at_].parts.emplace_back(std::move(call));
}

void Conversation::result(ToolResult result) {
  const auto open =
      std::find_if(open_.begin(), open_.end(), [&](const ToolCall& call) { return call.id == result.call_id; });
  if (open == open_.end()) return;
  if (result.tool_name.empty()) result.tool_name = open->name;
  open_.erase(open);
  if (messages_.back().role != Role::kTool) messages_.push_back({Role::kTool, {}, {}});
  messages_.back().parts.emplace_back(std::move(result));
}

void Conversation::close_calls() {
  while (!open_.empty()) {
    result({open_.front().id, open_.front().name, "there is no result of this call", true});
  }
}

void Conversation::put_in_verbatim(Message& message) const {
  std::vector<std::string> ids;
  for (const Part& part : message.parts) {
    if (const auto* call = std::get_if<ToolCall>(&part)) ids.push_back(call->id);
  }
  const std::size_t turn = ids.empty() ? kNone : remembered_turn(ids.front());
  if (turn == kNone) return;
  std::vector<std::string> remembered = remembered_[turn].call_ids;
  std::sort(ids.begin(), ids.end());
  std::sort(remembered.begin(), remembered.end());
  if (ids == remembered) message.verbatim = remembered_[turn].verbatim;
}

std::vector<Message> Conversation::finish() {
  close_calls();
  for (Message& message : messages_) {
    if (message.role == Role::kAssistant) put_in_verbatim(message);
  }
  return std::move(messages_);
}

}  // namespace asmgr::model_api
