// What runs on this machine, told apart by words of the command line.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace asmgr::e2e {

// A number of seconds that nobody else sleeps: `sleep MARKER` is found by it.
[[nodiscard]] std::string new_sleep_marker();
// Living processes (zombies are dead) with `marker` in their command line.
[[nodiscard]] std::vector<pid_t> processes_with(const std::string& marker);
// Asks again and again, at most so long; what it said last.
bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit);

}  // namespace asmgr::e2e
