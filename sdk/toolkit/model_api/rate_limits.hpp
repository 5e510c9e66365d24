// What the headers of an answer say of limits that are used up.
#pragma once

#include <asmgr/toolkit/http.hpp>
#include <chrono>
#include <optional>

namespace asmgr::model_api {

// How long until every limit of which nothing remains is renewed; empty when none is used up or nothing can be read.
// OpenAI and those like it: x-ratelimit-remaining-WHAT beside x-ratelimit-reset-WHAT, a duration ("6m0s", "20ms").
// Anthropic: anthropic-ratelimit-WHAT-remaining beside anthropic-ratelimit-WHAT-reset, a time (RFC 3339).
[[nodiscard]] std::optional<std::chrono::milliseconds> read_limits_reset(const http::Headers& headers,
                                                                         std::chrono::system_clock::time_point now);

}  // namespace asmgr::model_api
