#include "questions.hpp"

#include <algorithm>
#include <utility>

namespace asmgr::acp {
namespace {

namespace json = boost::json;

sdk::Verdict nobody_answers() {
  sdk::Verdict verdict;
  verdict.cancelled = true;
  return verdict;
}

}  // namespace

void Questions::ask(const json::value& request_id, const ToolCall& call, Settle settle) {
  Question question{request_id, call.id, call.name(), std::move(settle)};
  json::object asked;
  asked["tool_call_id"] = call.id;
  asked["tool_name"] = question.tool_name;
  asked["tool_input"] = call.input();
  if (!call.title.empty()) asked["title"] = call.title;
  const std::uint64_t ticket = outlet_.ask(asked);
  open_[ticket] = std::move(question);
}

void Questions::answered(std::uint64_t ticket, const sdk::Verdict& verdict) {
  if (const auto found = open_.find(ticket); found != open_.end()) {
    const Question question = std::move(found->second);
    open_.erase(found);
    return question.settle(verdict);
  }
  const auto late = withdrawn_.find(ticket);
  if (late == withdrawn_.end()) return;
  const Question question = std::move(late->second);
  withdrawn_.erase(late);
  if (!verdict.allowed) return;
  // The host has the call as begun from now on: it must end.
  json::object output;
  output["error"] = "the agent no longer wants to make this call";
  json::object data;
  data["tool_call_id"] = question.call_id;
  data["tool_name"] = question.tool_name;
  data["tool_output"] = std::move(output);
  data["is_error"] = true;
  outlet_.emit(ASMGR_EV_TOOL_CALL_FAILED, data);
}

bool Questions::withdraw(const json::value& request_id) {
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [&](const auto& named) { return named.second.request_id == request_id; });
  if (found == open_.end()) return false;
  const std::uint64_t ticket = found->first;
  Question question = std::move(found->second);
  open_.erase(found);
  const Settle settle = std::move(question.settle);
  withdrawn_[ticket] = std::move(question);
  settle(nobody_answers());
  return true;
}

void Questions::cancel_all() {
  for (auto& [ticket, question] : std::exchange(open_, {})) question.settle(nobody_answers());
}

}  // namespace asmgr::acp
