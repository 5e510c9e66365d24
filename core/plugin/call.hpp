// One call across the boundary: nothing thrown gets out of it, and what it said becomes an Error.
#pragma once

#include <asmgr/abi/base.h>
#include <asmgr/abi/status.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "core/model/error.hpp"

// The boundary's host-owned error object. One per call; asmgr_host.set_error fills it.
struct asmgr_error {
  asmgr_status code = ASMGR_OK;
  std::uint32_t flags = 0;  // ASMGR_ERR_*
  std::int64_t retry_after_ms = 0;
  std::string message;
  std::string details_json;
  bool threw = false;  // an exception was caught at our side of the call
};

namespace asmgr {

// Who is being called, for messages: "local.commit".
struct CallSite {
  std::string_view instance;
  std::string_view function;
  [[nodiscard]] std::string name() const { return std::string(instance) + "." + std::string(function); }
};

// The pointer is taken as one that may throw: through a noexcept one the compiler emits no way to catch, and plugins
// older than C++17 or in other languages never promised anything.
template <typename... Parameters, typename... Arguments>
[[nodiscard]] asmgr_status call(asmgr_error& error, asmgr_status (*function)(Parameters...),
                                Arguments&&... arguments) noexcept {
  try {
    return function(std::forward<Arguments>(arguments)...);
  } catch (const std::exception& thrown) {
    error.message = thrown.what();
  } catch (...) {
    error.message = "something that is no std::exception";
  }
  error.threw = true;
  return ASMGR_E_EXCEPTION;
}

// For functions without a status: false when something was thrown.
template <typename... Parameters, typename... Arguments>
bool call_void(void (*function)(Parameters...), Arguments&&... arguments) noexcept {
  try {
    function(std::forward<Arguments>(arguments)...);
    return true;
  } catch (...) {
    return false;
  }
}

// The Error for a status that is not OK: the plugin's own sentence behind "instance.function: ", or
// "instance.function failed: <code>" when it said none; retry flags and details are kept. What only the host may say
// (crashed, hung), text that is no UTF-8 and an exception become plugin_misbehaved.
[[nodiscard]] Error error_from_call(const CallSite& site, asmgr_status status, const asmgr_error& said);

// plugin_misbehaved: "instance.function broke the plugin contract: WHAT".
[[nodiscard]] Error misbehaviour(const CallSite& site, std::string_view what);

}  // namespace asmgr
