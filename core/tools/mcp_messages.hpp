// What is said to and by MCP servers, as values.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"
#include "core/tools/tool.hpp"

namespace asmgr {

// The revision we speak best; a server may answer with an older one.
inline constexpr std::string_view kMcpRevision = "2025-11-25";

[[nodiscard]] boost::json::object mcp_initialize_params(std::string_view program_version);

// The revision that the server has chosen. Errors: provider_error for an answer that is none, or a revision we do not
// know.
[[nodiscard]] Result<std::string> read_mcp_initialize(const boost::json::value& result);

// One page of tools/list. Tools without a name are passed over. Errors: provider_error for what is no such page.
struct McpToolPage {
  std::vector<Tool> tools;
  std::string next_cursor;  // empty = the last page
};
[[nodiscard]] Result<McpToolPage> read_mcp_tools(const boost::json::value& result, std::string_view server);

// The result of tools/call, as the model gets it: one text as a text, other content as blocks.
[[nodiscard]] ToolOutcome read_mcp_result(const boost::json::value& result);

// mcp__SERVER__TOOL in letters that every model API takes: others become _; at most 64, the end of a longer one being a
// digest of it.
[[nodiscard]] std::string mcp_tool_name(std::string_view server, std::string_view tool);

}  // namespace asmgr
