// A place in a session's log that cannot be forged: the number of an event and its hash, which covers all before it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/event.hpp"

namespace asmgr {

struct LogPosition {
  std::uint64_t sequence = 0;
  Hash hash{};

  bool operator==(const LogPosition&) const = default;
};

// SEQ:HASH, the hash as 64 lowercase hexadecimal digits.
[[nodiscard]] std::string to_text(const LogPosition& position);
// The inverse; the digits may be upper case. Errors: invalid_input.
[[nodiscard]] Result<LogPosition> parse_log_position(std::string_view text);

}  // namespace asmgr
