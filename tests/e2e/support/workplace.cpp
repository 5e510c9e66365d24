#include "tests/e2e/support/workplace.hpp"

#include <stdlib.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace asmgr::e2e {

namespace fs = std::filesystem;

fs::path program_under_test() {
  const char* other = std::getenv("ASMGR_TEST_PROGRAM");
  return other != nullptr ? fs::path(other) : fs::path(ASMGR_BINARY_DIR) / "bin/asmgr";
}

fs::path plugins_under_test() {
  return program_under_test().parent_path().parent_path() / "lib/asmgr/plugins";
}

Workplace::Workplace() : program_(program_under_test().string()) {
  const char* parent = std::getenv("TMPDIR");
  std::string name = std::string(parent != nullptr ? parent : "/tmp") + "/asmgr-e2e-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make the folder " + name);
  // As the program will name it, whatever links lead there.
  folder_ = fs::canonical(name);
}

Workplace::~Workplace() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Workplace::write(const std::string& name, const std::string& text) const {
  fs::create_directories((folder_ / name).parent_path());
  std::ofstream(folder_ / name, std::ios::binary) << text;
}

std::string Workplace::read(const std::string& name) const {
  std::ostringstream text;
  text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
  return text.str();
}

ChildSetup Workplace::setup(std::vector<std::string> command) const {
  ChildSetup child;
  child.command = std::move(command);
  child.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                       {"HOME", path("home")},
                       {"XDG_CONFIG_HOME", path("config")},
                       {"XDG_STATE_HOME", path("state")},
                       {"LC_ALL", "C.UTF-8"}};
  for (const auto& [variable, value] : variables_) child.environment[variable] = value;
  child.folder = folder_.string();
  return child;
}

Ended Workplace::asmgr(const std::vector<std::string>& arguments, const std::optional<std::string>& input) const {
  std::vector<std::string> command{program_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  ChildSetup child = setup(std::move(command));
  child.input = input;
  return Child(child).wait();
}

std::unique_ptr<Child> Workplace::start(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{program_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<Child>(setup(std::move(command)));
}

std::unique_ptr<Terminal> Workplace::start_on_terminal(const std::vector<std::string>& arguments,
                                                       unsigned short columns) const {
  std::vector<std::string> command{program_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<Terminal>(setup(std::move(command)), columns);
}

Ended Workplace::run_program(const std::vector<std::string>& command, const std::optional<std::string>& input) const {
  ChildSetup child = setup(command);
  child.input = input;
  return Child(child).wait();
}

std::unique_ptr<Child> Workplace::start_program(const std::vector<std::string>& command) const {
  return std::make_unique<Child>(setup(command));
}

std::string shell_deployment() {
  return R"(version: 1
stores:
  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}
providers:
  shell: {plugin: shell, config: {timeout: 5m}}
  recorded: {plugin: replay, config: {file: ./recording.jsonl, speed: 1}}
)";
}

}  // namespace asmgr::e2e
