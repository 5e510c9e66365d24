// Runs a short-lived program, with a limit, and reads what it prints.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace asmgr {

struct ChildEnd {
  enum class How : std::uint8_t { exited, killed, hung, not_started };
  How how = How::not_started;
  std::string output;  // what it printed to its standard output
  std::string why;     // "exit code 3", "Segmentation fault", "No such file or directory"
};

// Standard input and error are /dev/null, no descriptor is inherited. The program gets a process group of its own; when
// the limit has passed, or it prints more than 16 MiB, the whole group is killed. Waits for this one child only.
[[nodiscard]] ChildEnd run_inspection_child(const std::vector<std::string>& command, std::chrono::milliseconds limit);

}  // namespace asmgr
