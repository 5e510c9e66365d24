// Runs the built `asmgr` as a child of the test, in a world of its own: a home folder, nothing of the caller's
// environment.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/host/cli/temporary_folder.hpp"

namespace asmgr::cli {

struct Ended {
  int code = -1;   // exit code; -1 when a signal ended it
  int signal = 0;  // then which
  std::string out;
  std::string err;
};

// A child that runs.
class RunningProgram {
 public:
  RunningProgram(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
                 const std::string& folder, const std::optional<std::string>& input);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  void send(int signal) const;
  // Reads until the condition holds on what came so far; false when 10 s have passed or the output has ended.
  bool read_until(const std::function<bool(const std::string& out, const std::string& err)>& condition);
  // Closes the end of standard output that the test reads.
  void stop_reading();
  // Waits at most 60 s, then kills.
  Ended wait();

 private:
  bool read_some(std::chrono::steady_clock::time_point until);

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::string err_text_;
};

class World {
 public:
  World();
  [[nodiscard]] const TemporaryFolder& folder() const noexcept { return folder_; }
  // Also read by the shell of every run; an empty value takes a variable away.
  void set(const std::string& name, const std::string& value) { environment_[name] = value; }

  [[nodiscard]] Ended asmgr(const std::vector<std::string>& arguments,
                            const std::optional<std::string>& input = std::nullopt) const;
  [[nodiscard]] std::unique_ptr<RunningProgram> start(const std::vector<std::string>& arguments) const;
  [[nodiscard]] Ended program(const std::vector<std::string>& command,
                              const std::optional<std::string>& input = std::nullopt) const;

 private:
  TemporaryFolder folder_;
  std::map<std::string, std::string> environment_;
};

[[nodiscard]] std::string asmgr_program();

}  // namespace asmgr::cli
