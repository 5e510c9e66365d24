// How a text says that the log has only its beginning.
#pragma once

#include <string_view>

namespace asmgr {

// The member of an event's data that says what became of the whole: {"bytes", "artifact", "sha256"}.
inline constexpr std::string_view kTruncatedMember = "_truncated";
// What a text that was cut ends with: "\n[cut: the first N of M bytes]".
inline constexpr std::string_view kCutBegin = "\n[cut: the first ";
inline constexpr std::string_view kCutEnd = " bytes]";

[[nodiscard]] inline bool is_cut_text(std::string_view text) noexcept {
  return text.ends_with(kCutEnd) && text.substr(text.size() > 100 ? text.size() - 100 : 0).find(kCutBegin) != text.npos;
}

}  // namespace asmgr
