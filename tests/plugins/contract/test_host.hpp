// A host as far as a store needs one: clocks, errors, cancel tokens; log lines are kept.
#pragma once

#include <asmgr/plugin.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

// The boundary's opaque objects, as this host makes them.
struct asmgr_error {
  asmgr_status status = ASMGR_OK;
  std::string message;
  std::string details;
};
struct asmgr_cancel {
  std::atomic<bool> cancelled{false};
};

namespace asmgr::contract {

[[nodiscard]] std::string owned(asmgr_str borrowed);

class TestHost {
 public:
  TestHost();
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  [[nodiscard]] const asmgr_host* table() const noexcept { return &table_; }
  [[nodiscard]] std::vector<std::string> log() const;

 private:
  asmgr_host table_{};
  mutable std::mutex mutex_;
  std::vector<std::string> log_;  // guarded by mutex_
};

}  // namespace asmgr::contract
