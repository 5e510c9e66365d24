// The lines that are written to Claude Code: messages of the user and its control protocol.
#pragma once

#include <asmgr/toolkit/agent_prompt.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace asmgr::claude_code {

inline constexpr std::string_view kInitializeId = "asmgr-initialize";
inline constexpr std::string_view kInterruptId = "asmgr-interrupt";

// Opens the conversation and asks to be told before every tool: Claude Code's own rules let many tools run without
// asking anybody.
[[nodiscard]] std::string initialize_line();
[[nodiscard]] std::string interrupt_line();

// `introduction` goes before the first text.
[[nodiscard]] std::string user_line(const std::vector<agent::Message>& messages, std::string_view introduction);

// Answers to its requests.
[[nodiscard]] std::string allow_line(std::string_view request_id, const boost::json::value& input);
[[nodiscard]] std::string deny_line(std::string_view request_id, std::string_view why);
// To the hook before a tool: `decision` is "ask", "deny" or empty for none, so that Claude Code's own rules decide.
[[nodiscard]] std::string hook_line(std::string_view request_id, std::string_view decision, std::string_view why);
// The same with another input for the tool, which is allowed.
[[nodiscard]] std::string hook_edit_line(std::string_view request_id, const boost::json::value& input);
[[nodiscard]] std::string refusal_line(std::string_view request_id, std::string_view why);

}  // namespace asmgr::claude_code
