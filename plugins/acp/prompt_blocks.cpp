#include "prompt_blocks.hpp"

#include <algorithm>
#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <utility>
#include <vector>

namespace asmgr::acp {
namespace {

namespace json = boost::json;
using agent::Message;
using agent::Part;

json::object text_block(std::string_view text) {
  json::object block;
  block["type"] = "text";
  block["text"] = sdk::as_json(text);
  return block;
}

json::object image_block(const Part& part, const AgentSession& session) {
  json::object block;
  if (part.data.empty()) {  // the protocol has no pictures by address, but links
    block["type"] = "resource_link";
    block["uri"] = part.url;
    block["name"] = part.url.substr(part.url.find_last_of('/') + 1);
    return block;
  }
  if (!session.takes_images) {
    throw sdk::StatusError(
        ASMGR_E_UNSUPPORTED,
        "the input has a picture in it, and the agent takes none; leave it out or use another agent");
  }
  block["type"] = "image";
  block["data"] = part.data;
  block["mimeType"] = part.media_type;
  return block;
}

std::string_view heading(const std::string& role) {
  if (role == "assistant") return "Assistant:";
  return role == "system" ? "System:" : "User:";
}

}  // namespace

json::array prompt_blocks(std::string_view run_doc_json, std::string_view transcript_json, const Config& config,
                          const AgentSession& session) {
  json::array blocks;
  if (!session.was_resumed && !config.agent.system_prompt.empty()) {
    blocks.push_back(text_block(config.agent.system_prompt));
  }
  const std::string introduction = agent::transcript_introduction(transcript_json);
  if (!introduction.empty()) blocks.push_back(text_block(introduction));
  const std::vector<Message> messages = agent::read_messages(run_doc_json);
  const bool only_user =
      std::all_of(messages.begin(), messages.end(), [](const Message& message) { return message.role == "user"; });
  for (const Message& message : messages) {
    if (!only_user) blocks.push_back(text_block(heading(message.role)));
    for (const Part& part : message.parts) {
      blocks.push_back(part.kind == Part::Kind::kText ? text_block(part.text) : image_block(part, session));
    }
  }
  return blocks;
}

}  // namespace asmgr::acp
