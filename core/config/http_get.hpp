// One small question over HTTP, asked and waited for: whether something answers there, and what.
#pragma once

#include <chrono>
#include <string>

#include "core/model/error.hpp"

namespace asmgr {

struct HttpAnswer {
  int status = 0;
  std::string body;  // its first MiB
};

// Sends a GET without credentials and waits, at most for `limit`. Any status is an answer. Blocks; any thread. Errors:
// provider_unavailable with a sentence that names the server, internal_error when no thread can be had.
[[nodiscard]] Result<HttpAnswer> http_get(const std::string& url, std::chrono::milliseconds limit);

}  // namespace asmgr
