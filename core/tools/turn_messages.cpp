#include "core/tools/turn_messages.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cctype>
#include <set>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

boost::json::object message(std::string_view role, boost::json::value content) {
  boost::json::object made;
  made["role"] = role;
  made["content"] = std::move(content);
  return made;
}

bool says_nothing(const boost::json::value* content) {
  if (content == nullptr || content->is_null()) return true;
  if (content->is_string()) return content->get_string().empty();
  return content->is_array() && content->get_array().empty();
}

// Parts stay parts: the provider gave them to the model once and has to do so again.
void add_input(const boost::json::value& input, boost::json::array& out) {
  if (input.is_string() && !input.get_string().empty()) out.push_back(message("user", input));
  if (!input.is_object()) return;
  const boost::json::object& object = input.get_object();
  if (const boost::json::array* messages = find_array(object, "messages")) {
    for (const boost::json::value& one : *messages) {
      if (!one.is_object() || says_nothing(find(one.get_object(), "content"))) continue;
      const std::string role = lower(find_string(one.get_object(), "role").value_or("user"));
      out.push_back(message(role, *find(one.get_object(), "content")));
    }
    return;
  }
  if (auto prompt = find_string(object, "prompt"); prompt && !prompt->empty()) {
    out.push_back(message("user", boost::json::string(*prompt)));
  }
}

// At most `room` bytes, whole characters.
std::string_view fitting(std::string_view text, std::size_t room) {
  if (text.size() <= room) return text;
  while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xC0U) == 0x80U) --room;
  return text.substr(0, room);
}

std::string cut_text(std::string_view text, std::size_t room) {
  if (text.size() <= room) return std::string(text);
  std::string cut(fitting(text, room));
  cut += "\n[cut here: " + std::to_string(cut.size()) + " of " + std::to_string(text.size()) + " bytes are shown]";
  return cut;
}

boost::json::object text_block(std::string text) {
  boost::json::object block;
  block["type"] = "text";
  block["text"] = std::move(text);
  return block;
}

boost::json::array cut_blocks(const boost::json::array& blocks, std::size_t room) {
  boost::json::array kept;
  std::size_t left_out = 0;
  for (const boost::json::value& block : blocks) {
    const boost::json::object* object = block.if_object();
    const auto text = object == nullptr ? std::nullopt : find_string(*object, "text");
    if (text) {
      const std::size_t shown = std::min(text->size(), room);
      if (shown != 0 || text->empty()) kept.push_back(text_block(cut_text(*text, room)));
      if (shown == 0 && !text->empty()) ++left_out;
      room -= shown;
      continue;
    }
    const std::size_t size = to_text(block).size();
    if (size > room) {
      ++left_out;
      continue;
    }
    kept.push_back(block);
    room -= size;
  }
  if (left_out != 0) {
    kept.push_back(
        text_block("[" + std::to_string(left_out) + " more part(s) of the result did not fit and are left out]"));
  }
  return kept;
}

}  // namespace

Result<TurnMessages> TurnMessages::of(std::string_view transcript, const boost::json::value& input) {
  TurnMessages made;
  if (!transcript.empty()) {
    boost::system::error_code failed;
    boost::json::value parsed = boost::json::parse(transcript, failed);
    if (failed || !parsed.is_array()) {
      return Error(ErrorCode::validation_error, "the transcript of a run is not a JSON array: " + failed.message());
    }
    made.messages_ = std::move(parsed.get_array());
  }
  add_input(input, made.messages_);
  return made;
}

void TurnMessages::add_said(std::string_view text) {
  if (!text.empty()) messages_.push_back(message("assistant", boost::json::string(text)));
}

void TurnMessages::add_call(const ModelCall& call) {
  boost::json::object made;
  made["role"] = "assistant";
  made["tool_call_id"] = call.id;
  made["tool_name"] = call.name;
  made["tool_input"] = call.input;
  messages_.push_back(std::move(made));
}

void TurnMessages::take_up_call(const ModelCall& call) {
  const auto is_of_call = [&](const boost::json::value& message, std::string_view role) {
    const boost::json::object* object = message.if_object();
    return object != nullptr && find_string(*object, "role") == role && find_string(*object, "tool_call_id") == call.id;
  };
  const auto made = std::find_if(messages_.rbegin(), messages_.rend(),
                                 [&](const boost::json::value& message) { return is_of_call(message, "assistant"); });
  if (call.id.empty() || made == messages_.rend()) return add_call(call);
  const auto result = std::find_if(made.base(), messages_.end(),
                                   [&](const boost::json::value& message) { return is_of_call(message, "tool"); });
  if (result != messages_.end()) messages_.erase(result);
}

void TurnMessages::add_result(const ModelCall& call, const ToolOutcome& result) {
  boost::json::object made;
  made["role"] = "tool";
  made["tool_call_id"] = call.id;
  made["tool_name"] = call.name;
  made["tool_output"] = result.output;
  if (result.is_error) made["is_error"] = true;
  messages_.push_back(std::move(made));
}

std::string TurnMessages::text() const {
  return to_text(boost::json::value(messages_));
}

Result<std::vector<ModelCall>> read_tool_calls(const boost::json::object& result, std::uint32_t turn) {
  const boost::json::array* given = find_array(result, "tool_calls");
  if (given == nullptr || given->empty()) {
    return Error(ErrorCode::plugin_misbehaved, "finished for tool calls without naming one in 'tool_calls'");
  }
  std::vector<ModelCall> calls;
  std::set<std::string> ids;
  for (const boost::json::value& one : *given) {
    const boost::json::object* object = one.if_object();
    const auto name = object == nullptr ? std::nullopt : find_string(*object, "name");
    if (!name || name->empty()) {
      return Error(ErrorCode::plugin_misbehaved,
                   "finished for tool calls, but number " + std::to_string(calls.size() + 1) + " has no name");
    }
    ModelCall call;
    call.id = find_string(*object, "id").value_or("");
    call.name = *name;
    if (const boost::json::object* input = find_object(*object, "input")) call.input = *input;
    if (call.id.empty() || !ids.insert(call.id).second) {
      call.id = "call_" + std::to_string(turn) + "_" + std::to_string(calls.size() + 1);
      ids.insert(call.id);
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

Result<std::vector<ModelCall>> read_waiting_calls(std::string_view text) {
  std::vector<ModelCall> calls;
  if (text.empty()) return calls;
  boost::system::error_code failed;
  const boost::json::value parsed = boost::json::parse(text, failed);
  const boost::json::array* list = failed ? nullptr : parsed.if_array();
  for (const boost::json::value& one : list == nullptr ? boost::json::array() : *list) {
    const boost::json::object* object = one.if_object();
    const auto name = object == nullptr ? std::nullopt : find_string(*object, "tool_name");
    if (!name) return Error(ErrorCode::validation_error, "a call that the run was left with has no tool_name");
    ModelCall call;
    call.id = find_string(*object, "tool_call_id").value_or("");
    call.name = *name;
    if (const boost::json::object* input = find_object(*object, "tool_input")) call.input = *input;
    calls.push_back(std::move(call));
  }
  if (calls.empty()) return Error(ErrorCode::validation_error, "the calls that the run was left with are no list");
  return calls;
}

ToolOutcome cut_to(ToolOutcome result, std::size_t max_bytes) {
  if (const boost::json::string* text = result.output.if_string()) {
    if (text->size() > max_bytes) result.output = boost::json::string(cut_text(*text, max_bytes));
  } else if (const boost::json::array* blocks = result.output.if_array()) {
    if (to_text(result.output).size() > max_bytes) result.output = cut_blocks(*blocks, max_bytes);
  }
  return result;
}

}  // namespace asmgr
