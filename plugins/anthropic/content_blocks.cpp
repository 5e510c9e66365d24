#include "content_blocks.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <utility>

namespace asmgr::anthropic {
namespace {

namespace json = boost::json;
using sdk::object_member;
using sdk::text_member;

std::optional<std::int64_t> index_of(const json::object& event) {
  const json::value* index = event.if_contains("index");
  if (index == nullptr || !index->is_int64()) return std::nullopt;
  return index->get_int64();
}

void append_text(json::object& content, const char* key, std::string_view more) {
  json::value& text = content[key];
  if (!text.is_string()) text.emplace_string();
  text.get_string().append(sdk::as_json(more));
}

void append_item(json::object& content, const char* key, const json::value& item) {
  json::value& list = content[key];
  if (!list.is_array()) list.emplace_array();
  list.get_array().push_back(item);
}

}  // namespace

ContentBlocks::Block* ContentBlocks::find(const json::object& event) {
  const auto index = index_of(event);
  const auto found = index ? blocks_.find(*index) : blocks_.end();
  return found == blocks_.end() ? nullptr : &found->second;
}

std::string ContentBlocks::start(const json::object& event, model_api::Output& out) {
  const auto index = index_of(event);
  const json::object* content = object_member(event, "content_block");
  if (!index || content == nullptr) return "a content_block_start without index or content_block";
  if (blocks_.count(*index) != 0) return "a second content_block_start of the same index";
  Block& block = blocks_[*index];
  block.content = *content;
  const std::string_view type = text_member(block.content, "type");
  if (type == "text") out.text(text_member(block.content, "text"));
  if (type == "thinking") out.reasoning(text_member(block.content, "thinking"));
  return {};
}

std::string ContentBlocks::delta(const json::object& event, model_api::Output& out) {
  Block* const block = find(event);
  const json::object* delta = object_member(event, "delta");
  if (block == nullptr || delta == nullptr) return "a content_block_delta of a block that was not begun";
  const std::string_view type = text_member(*delta, "type");
  if (type == "text_delta") {
    append_text(block->content, "text", text_member(*delta, "text"));
    out.text(text_member(*delta, "text"));
  } else if (type == "input_json_delta") {
    const std::string_view piece = text_member(*delta, "partial_json");
    block->input_json.append(piece);
    const bool is_call = text_member(block->content, "type") == "tool_use";
    if (is_call) out.tool_input(text_member(block->content, "id"), text_member(block->content, "name"), piece);
  } else if (type == "thinking_delta") {
    append_text(block->content, "thinking", text_member(*delta, "thinking"));
    out.reasoning(text_member(*delta, "thinking"));
  } else if (type == "signature_delta") {
    append_text(block->content, "signature", text_member(*delta, "signature"));
  } else if (const json::value* citation = delta->if_contains("citation"); type == "citations_delta" && citation) {
    append_item(block->content, "citations", *citation);
  } else {
    out.unknown();
  }
  return {};
}

std::string ContentBlocks::stop(const json::object& event) {
  Block* const block = find(event);
  if (block == nullptr) return "a content_block_stop of a block that was not begun";
  if (!block->input_json.empty()) {
    boost::system::error_code problem;
    json::value input = json::parse(block->input_json, problem);
    if (problem || !input.is_object()) return {};  // cut by the limit of the answer: not complete
    block->content["input"] = std::move(input);
  }
  block->complete = true;
  return {};
}

std::string ContentBlocks::text() const {
  std::string text;
  for (const auto& [index, block] : blocks_) {
    if (text_member(block.content, "type") == "text") text += text_member(block.content, "text");
  }
  return text;
}

std::vector<model_api::ToolCall> ContentBlocks::calls() const {
  std::vector<model_api::ToolCall> calls;
  for (const auto& [index, block] : blocks_) {
    if (!block.complete || text_member(block.content, "type") != "tool_use") continue;
    const json::object* input = object_member(block.content, "input");
    calls.push_back({std::string(text_member(block.content, "id")), std::string(text_member(block.content, "name")),
                     input == nullptr ? json::object() : *input});
  }
  return calls;
}

std::string ContentBlocks::verbatim() const {
  json::array content;
  for (const auto& [index, block] : blocks_) {
    const bool is_text = text_member(block.content, "type") == "text";
    if (!is_text || !text_member(block.content, "text").empty()) content.push_back(block.content);
  }
  return json::serialize(content);
}

}  // namespace asmgr::anthropic
