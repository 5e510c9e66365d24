// A transcript as one text, for providers that take nothing else.
#pragma once

#include <string>
#include <string_view>

#include "core/transcript/transcript.hpp"

namespace asmgr {

// One message a paragraph: `ROLE: TEXT`, `assistant_tool_call(ID): NAME INPUT`, `tool_result(ID): OUTPUT` with the
// tool's name in front where it is known, and "unknown" for a missing id. Further lines of a message are indented by
// two blanks, so that what a tool or a person wrote cannot pass for a message of somebody else. No newline at the end.
[[nodiscard]] std::string to_prompt_text(const Transcript& transcript);
// The same, an empty line, and the prompt as it is; only the prompt when there are no messages.
[[nodiscard]] std::string to_prompt_text(const Transcript& transcript, std::string_view prompt);

}  // namespace asmgr
