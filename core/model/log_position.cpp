#include "core/model/log_position.hpp"

#include <charconv>

#include "core/model/hash_chain.hpp"

namespace asmgr {

std::string to_text(const LogPosition& position) {
  return std::to_string(position.sequence) + ":" + to_hex(position.hash);
}

Result<LogPosition> parse_log_position(std::string_view text) {
  const auto colon = text.find(':');
  LogPosition position;
  if (colon != std::string_view::npos) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + colon, position.sequence);
    const auto hash = hash_from_hex(text.substr(colon + 1));
    const bool is_number = problem == std::errc() && end == text.data() + colon && position.sequence > 0;
    if (is_number && hash) {
      position.hash = *hash;
      return position;
    }
  }
  return Error(ErrorCode::invalid_input, "'" + truncate_error_text(text, 1, 100).text +
                                             "' is no place in a log; write the number of an event, a colon and the 64 "
                                             "hexadecimal digits of its hash, as run and export print them");
}

}  // namespace asmgr
