// A folder in which a test plays the user of asmgr: a deployment, an environment of its own, the program.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/support/child.hpp"
#include "tests/e2e/support/terminal.hpp"

namespace asmgr::e2e {

// The program under test: $ASMGR_TEST_PROGRAM, else the one built with the tests.
[[nodiscard]] std::filesystem::path program_under_test();
// The plugins that were built with it.
[[nodiscard]] std::filesystem::path plugins_under_test();

class Workplace {
 public:
  Workplace();
  ~Workplace();  // removes the folder
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  // Files by name below the folder; the folders between are made. `asmgr.yaml` is the deployment of every command.
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(folder_ / name); }
  // Of every program that is started from now on.
  void set(const std::string& variable, const std::string& value) { variables_[variable] = value; }
  // Another copy of the program than the one under test.
  void use_program(std::string path) { program_ = std::move(path); }

  [[nodiscard]] Ended asmgr(const std::vector<std::string>& arguments,
                            const std::optional<std::string>& input = std::nullopt) const;
  [[nodiscard]] std::unique_ptr<Child> start(const std::vector<std::string>& arguments) const;
  // On a terminal of its own.
  [[nodiscard]] std::unique_ptr<Terminal> start_on_terminal(const std::vector<std::string>& arguments,
                                                            unsigned short columns) const;
  // Any program, by its full path, in the same folder and environment.
  [[nodiscard]] Ended run_program(const std::vector<std::string>& command,
                                  const std::optional<std::string>& input = std::nullopt) const;
  [[nodiscard]] std::unique_ptr<Child> start_program(const std::vector<std::string>& command) const;

 private:
  [[nodiscard]] ChildSetup setup(std::vector<std::string> command) const;

  std::filesystem::path folder_;
  std::string program_;
  std::map<std::string, std::string> variables_;
};

// SQLite in ./asmgr.db, `shell`, and `recorded` playing ./recording.jsonl; more sections may be appended to it. Nothing
// here pulls a plug, so nothing is flushed: tests that kill processes lose nothing by it.
[[nodiscard]] std::string shell_deployment();

}  // namespace asmgr::e2e
