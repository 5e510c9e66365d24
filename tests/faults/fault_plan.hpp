// What a test orders of the system calls of other processes: a page that both have mapped from one file.
#pragma once

#include <atomic>
#include <cstdint>

namespace asmgr::faults {

// The variable of the environment that names the file.
inline constexpr const char* kPlanVariable = "ASMGR_FAULT_PLAN";

// Of one kind of call: so many pass, then so many fail.
struct FailingCalls {
  std::atomic<std::int64_t> pass{0};
  std::atomic<std::int64_t> fail{0};
};

// Made of zeroes it orders nothing. Any process, any thread.
struct FaultPlan {
  char files[64] = {};  // only files with this in their path are concerned; set while nothing fails
  FailingCalls writes;
  FailingCalls syncs;
  FailingCalls truncates;
  std::atomic<std::int32_t> error{0};     // errno of what fails
  std::atomic<std::uint64_t> failed{0};   // calls, so far
  std::atomic<std::int64_t> clock_us{0};  // added to the wall clock
};

}  // namespace asmgr::faults
