// Durations and sizes as people write them: 250ms, 30s, 5m, 2h; 64KiB, 10MB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

// Milliseconds. Units ms, s, m, h, d; a fraction is fine ("1.5s"); a bare 0 is fine. Errors: invalid_format.
[[nodiscard]] Result<std::int64_t> parse_duration_ms(std::string_view text);
// Bytes. Units B, KB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of 1024); a bare number is bytes. Errors:
// invalid_format.
[[nodiscard]] Result<std::int64_t> parse_size_bytes(std::string_view text);
// The shortest exact form: 90000 -> "90s", 1500 -> "1500ms".
[[nodiscard]] std::string format_duration_ms(std::int64_t milliseconds);

}  // namespace asmgr
