#include "control_lines.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace asmgr::claude_code {
namespace {

namespace json = boost::json;
using sdk::as_json;

std::string request_line(std::string_view id, json::object request) {
  json::object line;
  line["type"] = "control_request";
  line["request_id"] = as_json(id);
  line["request"] = std::move(request);
  return json::serialize(line);
}

std::string answer_line(std::string_view id, json::object answer) {
  json::object response;
  response["subtype"] = "success";
  response["request_id"] = as_json(id);
  response["response"] = std::move(answer);
  json::object line;
  line["type"] = "control_response";
  line["response"] = std::move(response);
  return json::serialize(line);
}

json::object text_block(std::string_view text) {
  json::object block;
  block["type"] = "text";
  block["text"] = as_json(text);
  return block;
}

json::object image_block(const agent::Part& part) {
  json::object source;
  if (part.url.empty()) {
    source["type"] = "base64";
    source["media_type"] = part.media_type;
    source["data"] = part.data;
  } else {
    source["type"] = "url";
    source["url"] = part.url;
  }
  json::object block;
  block["type"] = "image";
  block["source"] = std::move(source);
  return block;
}

bool has_image(const std::vector<agent::Message>& messages) {
  for (const agent::Message& message : messages) {
    for (const agent::Part& part : message.parts) {
      if (part.kind == agent::Part::Kind::kImage) return true;
    }
  }
  return false;
}

json::object before_tool(std::string_view decision) {
  json::object output;
  output["hookEventName"] = "PreToolUse";
  output["permissionDecision"] = as_json(decision);
  return output;
}

}  // namespace

std::string initialize_line() {
  json::object before;
  before["matcher"] = nullptr;
  before["hookCallbackIds"] = json::array({"before_tool"});
  json::object hooks;
  hooks["PreToolUse"] = json::array();
  hooks["PreToolUse"].get_array().push_back(std::move(before));
  json::object request;
  request["subtype"] = "initialize";
  request["hooks"] = std::move(hooks);
  return request_line(kInitializeId, std::move(request));
}

std::string interrupt_line() {
  json::object request;
  request["subtype"] = "interrupt";
  return request_line(kInterruptId, std::move(request));
}

std::string user_line(const std::vector<agent::Message>& messages, std::string_view introduction) {
  json::array content;
  if (has_image(messages)) {
    if (!introduction.empty()) content.push_back(text_block(introduction));
    for (const agent::Message& message : messages) {
      for (const agent::Part& part : message.parts) {
        content.push_back(part.kind == agent::Part::Kind::kImage ? image_block(part) : text_block(part.text));
      }
    }
  } else {
    content.push_back(text_block(std::string(introduction) + agent::prompt_text(messages)));
  }
  json::object message;
  message["role"] = "user";
  message["content"] = std::move(content);
  json::object line;
  line["type"] = "user";
  line["message"] = std::move(message);
  return json::serialize(line);
}

std::string allow_line(std::string_view request_id, const json::value& input) {
  json::object answer;
  answer["behavior"] = "allow";
  answer["updatedInput"] = input;
  return answer_line(request_id, std::move(answer));
}

std::string deny_line(std::string_view request_id, std::string_view why) {
  json::object answer;
  answer["behavior"] = "deny";
  answer["message"] = as_json(why);
  return answer_line(request_id, std::move(answer));
}

std::string hook_line(std::string_view request_id, std::string_view decision, std::string_view why) {
  json::object answer;
  if (!decision.empty()) {
    json::object output = before_tool(decision);
    output["permissionDecisionReason"] = as_json(why);
    answer["hookSpecificOutput"] = std::move(output);
  }
  return answer_line(request_id, std::move(answer));
}

std::string hook_edit_line(std::string_view request_id, const json::value& input) {
  json::object output = before_tool("allow");
  output["updatedInput"] = input;
  json::object answer;
  answer["hookSpecificOutput"] = std::move(output);
  return answer_line(request_id, std::move(answer));
}

std::string refusal_line(std::string_view request_id, std::string_view why) {
  json::object response;
  response["subtype"] = "error";
  response["request_id"] = as_json(request_id);
  response["error"] = as_json(why);
  json::object line;
  line["type"] = "control_response";
  line["response"] = std::move(response);
  return json::serialize(line);
}

}  // namespace asmgr::claude_code
