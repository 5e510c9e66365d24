// Failed system calls as the status and sentence that callers get.
#pragma once

#include <asmgr/cpp/error.hpp>
#include <cerrno>
#include <string>
#include <system_error>

namespace asmgr::file_store {

[[nodiscard]] inline sdk::StatusError failed_write(const std::string& what, const std::system_error& cause) {
  const int error = cause.code().value();
  const std::string start = what + ": " + cause.what() + "; nothing was changed";
  if (error == ENOSPC || error == EDQUOT) return {ASMGR_E_STORAGE_FULL, start + "; free space there and try again"};
  if (error == EROFS || error == EACCES || error == EPERM)
    return {ASMGR_E_STORAGE_WRITE, start + "; make the folder writable for the user this runs as"};
  return {ASMGR_E_STORAGE_WRITE, start};
}

// What is there now may be lost with the power: only the flush failed.
[[nodiscard]] inline sdk::StatusError unsure_write(const std::string& what, const std::system_error& cause) {
  return {ASMGR_E_STORAGE_AMBIGUOUS,
          what + " for sure: " + cause.what() + "; it is done, but may be undone by a loss of power; try again"};
}

[[nodiscard]] inline sdk::StatusError failed_read(const std::string& what, const std::system_error& cause) {
  return {ASMGR_E_STORAGE_READ, what + ": " + cause.what()};
}

}  // namespace asmgr::file_store
