// A program that plays a recording, apart from where its words go to: the standard streams of a process, or those that
// a test makes up inside its own.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::fake_agent {

class Streams {
 public:
  virtual ~Streams() = default;
  // Waits for a line; empty when the input has ended.
  virtual std::optional<std::string> read_line() = 0;
  virtual void write(std::string_view bytes) = 0;       // to stdout, at once
  virtual void complain(const std::string& bytes) = 0;  // to stderr
};

// The driver wrote something else than the recorded one, or nothing.
struct DriverWasWrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr int kDriverWasWrong = 97;  // the exit code for it

// Plays; the exit code, negative = ended by that signal. Throws what is wrong with the arguments.
int play_program(const std::vector<std::string>& arguments, Streams& streams);

}  // namespace asmgr::fake_agent
