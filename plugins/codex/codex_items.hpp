// The items of a Codex turn that are tool calls. `codex exec` and `codex app-server` spell them differently; both are
// read.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>

namespace asmgr::codex {

struct ToolItem {
  std::string id;
  std::string name;          // bash, apply_patch, mcp__SERVER__TOOL, web_search, or what Codex calls it
  boost::json::value input;  // an object
  boost::json::value output;
  bool failed = false;      // or declined
  bool asks_first = false;  // Codex asks before it begins, where it is made to
};

// Nullopt for items that are no tool calls.
[[nodiscard]] std::optional<ToolItem> read_tool_item(const boost::json::object& item);

// True for items that say nothing to the host, so that they need not be counted as unknown.
[[nodiscard]] bool is_silent_item(const boost::json::object& item);

}  // namespace asmgr::codex
