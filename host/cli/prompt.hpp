// What a run is asked to do: from an argument, a file or standard input.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr::cli {

inline constexpr std::size_t kMaxInputBytes = 16U * 1024 * 1024;

struct PromptSource {
  std::optional<std::string> argument;  // "-" = standard input
  std::string input_file;               // empty = none; "-" = standard input
  int standard_input = 0;               // descriptor
};

// The run's input. A prompt becomes {"messages": [{"role": "user", "content": PROMPT}]}, without the line feed that
// ends piped text; a file is taken as the JSON it holds. Without an argument a standard input that is no terminal is
// read. Errors: usage (nothing to read, both given, empty, no UTF-8, no JSON, too long), not_found.
[[nodiscard]] Result<boost::json::value> read_run_input(const PromptSource& source);

// All of a descriptor, at most `limit` bytes. `what` names it in errors.
[[nodiscard]] Result<std::string> read_all(int descriptor, std::size_t limit, std::string_view what);

}  // namespace asmgr::cli
