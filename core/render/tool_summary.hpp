// One line for a tool call: what it does, and how it ended. Tools that many agents have are told in their own words.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr::rendering {

struct ToolEnd {
  std::string output;  // its text
  std::optional<std::int64_t> exit_code;
  std::int64_t duration_ms = 0;
  bool failed = false;
};

// Pieces of the line, in this order; any may be empty.
struct ToolSummary {
  std::string verb;     // "Ran: "
  std::string subject;  // "ls -la": what may be shortened
  std::string outcome;  // " (exit 0, 42 chars)"
};

[[nodiscard]] ToolSummary summary_of_start(std::string_view tool, const boost::json::object& input);
[[nodiscard]] ToolSummary summary_of_end(std::string_view tool, const boost::json::object& input, const ToolEnd& end);

// "42 chars", "1.2k chars", "12k chars".
[[nodiscard]] std::string size_text(std::string_view text);
// Over 60 characters: "first/…/the/last".
[[nodiscard]] std::string shortened_path(std::string_view path);

}  // namespace asmgr::rendering
