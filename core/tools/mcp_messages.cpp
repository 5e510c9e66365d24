#include "core/tools/mcp_messages.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::array<std::string_view, 5> kKnownRevisions = {kMcpRevision, "2025-06-18", "2025-03-26", "2024-11-05",
                                                             "2024-10-07"};
constexpr std::size_t kMostOfAName = 64;  // OpenAI and Anthropic take no longer ones

Error not_understood(const std::string& what) {
  return Error(ErrorCode::provider_error, "the server's answer to " + what + " cannot be understood");
}

// Eight letters that differ where texts do (FNV-1a), the same in every process.
std::string digest_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digest;
  for (unsigned shift = 32; shift != 0; shift -= 4) digest += kDigits[(hash >> (shift - 4)) & 0xFU];
  return digest;
}

// The text of a block that only says something; empty for others.
std::optional<std::string> only_text(const boost::json::array& content) {
  std::string text;
  for (const boost::json::value& block : content) {
    const boost::json::object* object = block.if_object();
    const auto said =
        object == nullptr || find_string(*object, "type") != "text" ? std::nullopt : find_string(*object, "text");
    if (!said) return std::nullopt;
    if (!text.empty()) text += '\n';
    text += *said;
  }
  return text;
}

}  // namespace

boost::json::object mcp_initialize_params(std::string_view program_version) {
  boost::json::object params;
  params["protocolVersion"] = kMcpRevision;
  params["capabilities"] = boost::json::object();
  boost::json::object client;
  client["name"] = "asmgr";
  client["version"] = program_version;
  params["clientInfo"] = std::move(client);
  return params;
}

Result<std::string> read_mcp_initialize(const boost::json::value& result) {
  const boost::json::object* object = result.if_object();
  const auto revision = object == nullptr ? std::nullopt : find_string(*object, "protocolVersion");
  if (!revision) return not_understood("'initialize'");
  if (std::find(kKnownRevisions.begin(), kKnownRevisions.end(), *revision) == kKnownRevisions.end()) {
    return Error(ErrorCode::provider_error, "the server speaks revision '" + std::string(*revision) +
                                                "' of the protocol, which this version does not know (it speaks " +
                                                std::string(kKnownRevisions.back()) + " to " +
                                                std::string(kMcpRevision) + "); take another version of the server");
  }
  return std::string(*revision);
}

Result<McpToolPage> read_mcp_tools(const boost::json::value& result, std::string_view server) {
  const boost::json::object* object = result.if_object();
  const boost::json::array* tools = object == nullptr ? nullptr : find_array(*object, "tools");
  if (tools == nullptr) return not_understood("'tools/list'");
  McpToolPage page;
  for (const boost::json::value& one : *tools) {
    const boost::json::object* described = one.if_object();
    const auto name = described == nullptr ? std::nullopt : find_string(*described, "name");
    if (!name || name->empty()) continue;
    Tool tool;
    tool.name = mcp_tool_name(server, *name);
    tool.own_name = *name;
    tool.description = find_string(*described, "description").value_or(find_string(*described, "title").value_or(""));
    if (const boost::json::object* schema = find_object(*described, "inputSchema")) tool.input_schema = *schema;
    if (tool.input_schema.empty()) tool.input_schema["type"] = "object";
    page.tools.push_back(std::move(tool));
  }
  page.next_cursor = find_string(*object, "nextCursor").value_or("");
  return page;
}

ToolOutcome read_mcp_result(const boost::json::value& result) {
  const boost::json::object* object = result.if_object();
  if (object == nullptr) return {true, "the tool server's answer cannot be understood"};
  ToolOutcome read;
  read.is_error = find_bool(*object, "isError").value_or(false);
  const boost::json::array* content = find_array(*object, "content");
  const boost::json::object* structured = find_object(*object, "structuredContent");
  if (content == nullptr || content->empty()) {
    // A tool may answer by structure alone.
    read.output = boost::json::string(structured == nullptr ? std::string() : to_text(*structured));
    return read;
  }
  if (auto text = only_text(*content)) {
    read.output = boost::json::string(std::move(*text));
  } else {
    read.output = *content;
  }
  return read;
}

std::string mcp_tool_name(std::string_view server, std::string_view tool) {
  std::string name = "mcp__" + std::string(server) + "__" + std::string(tool);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  if (name.size() <= kMostOfAName) return name;
  // Names that begin alike stay two.
  const std::string end = "_" + digest_of(std::string(server) + '\n' + std::string(tool));
  return name.substr(0, kMostOfAName - end.size()) + end;
}

}  // namespace asmgr
