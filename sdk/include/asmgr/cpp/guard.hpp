// The edge: no exception leaves a table function. Each becomes a status and a sentence exactly once, here.
#pragma once

#include <asmgr/cpp/error.hpp>
#include <asmgr/cpp/host.hpp>
#include <exception>
#include <new>
#include <string>

namespace asmgr::sdk::detail {

// The exception being handled, as a StatusError. May itself run out of memory.
inline StatusError current_exception_as_status() {
  try {
    throw;
  } catch (const StatusError& error) {
    // A failure that says OK would pass as success.
    if (error.status() == ASMGR_OK) return StatusError(ASMGR_E_INTERNAL, error.message());
    return error;
  } catch (const std::bad_alloc&) {
    return StatusError(ASMGR_E_INTERNAL, "out of memory");
  } catch (const std::exception& error) {
    return StatusError(ASMGR_E_EXCEPTION, std::string("an exception reached the edge of the plugin: ") + error.what());
  } catch (...) {
    return StatusError(ASMGR_E_EXCEPTION, "an exception of unknown type reached the edge of the plugin");
  }
}

// Only inside a catch block.
inline asmgr_status report_current_exception(const Host& host, asmgr_error* error) noexcept {
  try {
    return host.set_error(error, current_exception_as_status());
  } catch (...) {
    return host.set_error(error, ASMGR_E_INTERNAL, "out of memory");
  }
}

// Runs `body`; OK when it returns.
template <typename Body>
asmgr_status guarded(const Host& host, asmgr_error* error, Body&& body) noexcept {
  try {
    body();
    return ASMGR_OK;
  } catch (...) {
    return report_current_exception(host, error);
  }
}

// Runs a `body` whose table function has no way to say that it failed: the failure is logged.
template <typename Body>
void guarded_void(const Host& host, std::string_view function, Body&& body) noexcept {
  try {
    body();
  } catch (...) {
    try {
      host.log(ASMGR_LOG_ERROR, function, current_exception_as_status().message());
    } catch (...) {
      host.log(ASMGR_LOG_ERROR, function, "out of memory");
    }
  }
}

}  // namespace asmgr::sdk::detail
