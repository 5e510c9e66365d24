// Numbers as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model/time.hpp"
#include "core/model/usage.hpp"

namespace asmgr::cli {

// "$0.0123"; "-" when unknown.
[[nodiscard]] std::string cost_text(const std::optional<double>& cost_usd);
// "950ms", "2.1s", "3m05s", "2h03m".
[[nodiscard]] std::string elapsed_text(std::int64_t milliseconds);
// "512 B", "4.1 KiB", "3.0 GiB".
[[nodiscard]] std::string size_text(std::uint64_t bytes);
// "1234 tokens (1000 in, 234 out)"; "no token counts" when absent.
[[nodiscard]] std::string usage_text(const TokenUsage& usage);
// From a run's start to its end, "-" while one is missing.
[[nodiscard]] std::string span_text(Timestamp from, Timestamp to);
// To the second, UTC: "2026-01-02 03:04:05Z"; "-" when not set.
[[nodiscard]] std::string time_text(Timestamp time);

}  // namespace asmgr::cli
