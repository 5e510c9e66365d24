// A child process of a test: its output is read while it runs, and it never outlives the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace asmgr::e2e {

// How long a test waits for what must happen. Far more than it takes: only a test that is going to fail waits so long.
inline constexpr std::chrono::seconds kPatience{60};

struct ChildSetup {
  std::vector<std::string> command;                // the program's path first
  std::map<std::string, std::string> environment;  // the whole of it
  std::string folder;                              // working directory
  std::optional<std::string> input;                // standard input; absent = /dev/null
};

struct Ended {
  int code = -1;   // exit code; -1 when a signal ended it
  int signal = 0;  // then which
  std::string out;
  std::string err;
};

class Child {
 public:
  explicit Child(const ChildSetup& setup);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void send(int signal) const;
  // Reads until the condition holds on what standard output gave so far; false when the program has ended first or
  // patience has.
  bool read_until(const std::function<bool(const std::string& out)>& condition);
  // Takes what comes in this time.
  void read_for(std::chrono::milliseconds time);
  [[nodiscard]] const std::string& out() const noexcept { return out_text_; }
  [[nodiscard]] const std::string& err() const noexcept { return err_text_; }
  // Waits for the end of the process (not of its children) and takes what it left in the pipes. Kills it when patience
  // ends.
  Ended wait();

 private:
  using Clock = std::chrono::steady_clock;

  // False when `until` has come or the process has ended.
  bool read_some(Clock::time_point until);
  void take_all();

  pid_t pid_ = -1;
  int process_ = -1;  // pidfd
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::string err_text_;
};

}  // namespace asmgr::e2e
