// Commands that an agent runs through the host.
#pragma once

#include <asmgr/toolkit/exec.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace asmgr::acp {

struct TerminalCommand {
  std::vector<std::string> argv;
  std::string cwd;
  std::vector<std::string> env;    // the whole environment
  std::uint64_t output_bytes = 0;  // how much of the end of the output is kept
};

struct TerminalState {
  std::string output;  // UTF-8
  bool truncated = false;
  bool over = false;
  std::optional<int> wait_status;  // of the program, once it is over
};

// For each command; what a command writes is kept by its end instead of being limited.
struct TerminalLimits {
  exec::ResourceLimits each;  // of its processes
  exec::TreeLimits all;       // of them together
};

// One thread at a time. What still runs when this is destroyed is ended with all it started.
class Terminals {
 public:
  static constexpr std::size_t kMost = 64;
  // On a thread of the terminal's: its command has ended.
  using OnExit = std::function<void(const std::string& id)>;

  Terminals(TerminalLimits limits, OnExit on_exit);
  Terminals(const Terminals&) = delete;
  Terminals& operator=(const Terminals&) = delete;
  ~Terminals();

  // The id of the new terminal, or why there is none.
  [[nodiscard]] std::variant<std::string, exec::SpawnError> create(const TerminalCommand& command);
  // nullopt: there is no such terminal.
  [[nodiscard]] std::optional<TerminalState> look(const std::string& id) const;
  // Ends the command; false: there is no such terminal.
  bool kill(const std::string& id);
  // As kill; the terminal is gone then.
  bool release(const std::string& id);

 private:
  class Terminal;

  const TerminalLimits limits_;
  OnExit on_exit_;
  std::uint64_t next_ = 1;
  std::map<std::string, std::unique_ptr<Terminal>> terminals_;
};

}  // namespace asmgr::acp
