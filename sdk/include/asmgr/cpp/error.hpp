// The one exception a plugin written in C++ throws on purpose; the layer turns it into an error value at the edge.
#pragma once

#include <asmgr/abi/base.h>
#include <asmgr/abi/status.h>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace asmgr::sdk {

// What failed, with what the host can act on. `message` says what failed, on what, why and what to do next; the host
// puts the component's name before it. Use: throw StatusError(ASMGR_E_BUSY, "...").with_retry_after_ms(20);
class StatusError : public std::exception {
 public:
  StatusError(asmgr_status status, std::string message) : status_(status), message_(std::move(message)) {}

  // `json` is one JSON object as text.
  StatusError&& with_details(std::string json) && {
    details_ = std::move(json);
    return std::move(*this);
  }
  // Overrides what the status says about another try.
  StatusError&& with_retryable(bool retryable) && {
    flags_ = retryable ? ASMGR_ERR_RETRYABLE : ASMGR_ERR_PERMANENT;
    return std::move(*this);
  }
  StatusError&& with_retry_after_ms(std::int64_t milliseconds) && {
    retry_after_ms_ = milliseconds;
    return std::move(*this);
  }

  [[nodiscard]] asmgr_status status() const noexcept { return status_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const std::string& details() const noexcept { return details_; }          // a JSON object or empty
  [[nodiscard]] std::uint32_t flags() const noexcept { return flags_; }                   // ASMGR_ERR_*
  [[nodiscard]] std::int64_t retry_after_ms() const noexcept { return retry_after_ms_; }  // 0 = not known
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  asmgr_status status_;
  std::uint32_t flags_ = 0;
  std::int64_t retry_after_ms_ = 0;
  std::string message_;
  std::string details_;
};

}  // namespace asmgr::sdk
