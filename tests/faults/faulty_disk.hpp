// Orders to fail, and whether they were met.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "tests/faults/fault_plan.hpp"

namespace asmgr::faults {

inline void concern_files(FaultPlan& plan, const std::string& part_of_path) {
  std::strncpy(plan.files, part_of_path.c_str(), sizeof(plan.files) - 1);
}

// Waits at most a second for it.
inline bool failed_since(const FaultPlan& plan, std::uint64_t before) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (plan.failed == before && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return plan.failed != before;
}

// One call fails after so many; waits at most a second for it.
inline bool fail_once(FaultPlan& plan, FailingCalls& calls, std::int64_t after, int error) {
  const std::uint64_t before = plan.failed;
  plan.error = error;
  calls.pass = after;
  calls.fail = 1;
  const bool failed = failed_since(plan, before);
  calls.fail = 0;
  return failed;
}

// All calls fail for a while, from the first one on; waits at most a second for that.
inline bool fail_for(FaultPlan& plan, FailingCalls& calls, std::chrono::milliseconds time, int error) {
  const std::uint64_t before = plan.failed;
  plan.error = error;
  calls.pass = 0;
  calls.fail = std::int64_t{1} << 40;
  const bool failed = failed_since(plan, before);
  if (failed) std::this_thread::sleep_for(time);
  calls.fail = 0;
  return failed;
}

}  // namespace asmgr::faults
