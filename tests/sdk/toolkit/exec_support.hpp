// Commands and their captured output, for the tests of running programs.
#ifndef ASMGR_TESTS_EXEC_SUPPORT_HPP_
#define ASMGR_TESTS_EXEC_SUPPORT_HPP_

#include <asmgr/toolkit/exec.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace asmgr_test {

namespace exec = asmgr::exec;

inline exec::Command sh(const std::string& script) {
  exec::Command command;
  command.argv = {"sh", "-c", script};
  command.env = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  return command;
}

// The child, or a failed test with the reason.
inline exec::Child must_spawn(const exec::Command& command) {
  exec::SpawnResult result = exec::spawn(command);
  if (auto* error = std::get_if<exec::SpawnError>(&result)) throw std::runtime_error("spawn: " + error->message);
  return std::get<exec::Child>(std::move(result));
}

inline exec::SpawnError must_not_spawn(const exec::Command& command) {
  exec::SpawnResult result = exec::spawn(command);
  if (std::holds_alternative<exec::Child>(result)) throw std::runtime_error("spawn succeeded");
  return std::get<exec::SpawnError>(std::move(result));
}

struct Captured {
  exec::Ended ended;
  std::string out;
  std::string err;
  int code = -1;
};

inline Captured run(const exec::Command& command, exec::RunOptions options = {}) {
  Captured captured;
  options.on_stdout = [&](std::string_view bytes) { captured.out += bytes; };
  options.on_stderr = [&](std::string_view bytes) { captured.err += bytes; };
  exec::Child child = must_spawn(command);
  captured.ended = exec::run_to_end(child, options);
  if (captured.ended.wait_status) captured.code = exec::exit_code(*captured.ended.wait_status);
  return captured;
}

}  // namespace asmgr_test

#endif  // ASMGR_TESTS_EXEC_SUPPORT_HPP_
