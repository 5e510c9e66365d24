#include "launch_target.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace asmgr::exec {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

std::optional<SpawnError> check_texts(const Command& command) {
  if (command.argv.empty() || command.argv.front().empty()) {
    return SpawnError{SpawnStep::kCommand, 0, "there is no program to run: the command is empty"};
  }
  for (const std::string& argument : command.argv) {
    if (has_nul(argument)) {
      return SpawnError{SpawnStep::kCommand, 0,
                        "cannot run '" + std::string(command.argv.front().c_str()) +
                            "': an argument has a NUL byte in it, which no program can be given"};
    }
  }
  for (const std::string& variable : command.env) {
    if (has_nul(variable) || variable.find('=') == std::string::npos || variable.front() == '=') {
      return SpawnError{SpawnStep::kCommand, 0,
                        "cannot run '" + command.argv.front() + "': the environment entry '" +
                            variable.substr(0, variable.find_first_of(std::string_view("=\0", 2))) +
                            "' is not of the form NAME=value"};
    }
  }
  return std::nullopt;
}

std::optional<SpawnError> check_cwd(const std::string& cwd) {
  if (cwd.empty()) return std::nullopt;
  const std::string start = "cannot run in the working directory '" + cwd + "': ";
  if (has_nul(cwd)) return SpawnError{SpawnStep::kWorkingDirectory, 0, start + "its name has a NUL byte in it"};
  struct stat status {};
  if (stat(cwd.c_str(), &status) != 0) {
    return SpawnError{SpawnStep::kWorkingDirectory, errno, start + describe_errno(errno)};
  }
  if (!S_ISDIR(status.st_mode)) return SpawnError{SpawnStep::kWorkingDirectory, ENOTDIR, start + "it is no directory"};
  if (faccessat(AT_FDCWD, cwd.c_str(), X_OK, AT_EACCESS) != 0) {
    return SpawnError{SpawnStep::kWorkingDirectory, errno, start + describe_errno(errno)};
  }
  return std::nullopt;
}

enum class Found { kNo, kNotExecutable, kYes };

Found look_at(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return errno == EACCES ? Found::kNotExecutable : Found::kNo;
  if (S_ISDIR(status.st_mode)) return Found::kNotExecutable;
  return faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? Found::kYes : Found::kNotExecutable;
}

std::string_view path_variable(const Command& command) {
  for (const std::string& variable : command.env) {
    if (variable.compare(0, 5, "PATH=") == 0) return std::string_view(variable).substr(5);
  }
  return kDefaultPath;
}

SpawnError not_executable(const std::string& path) {
  return SpawnError{SpawnStep::kNotExecutable, EACCES,
                    "'" + path + "' is there but may not be executed: check its permissions (chmod +x)"};
}

std::variant<std::string, SpawnError> search(const std::string& name, std::string_view path) {
  std::string refused;
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
    if (folder.empty() || folder.front() != '/') continue;
    std::string candidate = std::string(folder) + "/" + name;
    switch (look_at(candidate)) {
      case Found::kYes:
        return candidate;
      case Found::kNotExecutable:
        refused = refused.empty() ? candidate : refused;
        break;
      case Found::kNo:
        break;
    }
  }
  if (!refused.empty()) return not_executable(refused);
  return SpawnError{SpawnStep::kCommandNotFound, ENOENT,
                    "the command '" + name + "' was not found on PATH: install it or name it by its full path"};
}

}  // namespace

std::string describe_errno(int error_number) {
  return std::generic_category().message(error_number);
}

std::variant<std::string, SpawnError> find_target(const Command& command) {
  if (auto problem = check_texts(command)) return *std::move(problem);
  if (auto problem = check_cwd(command.cwd)) return *std::move(problem);
  const std::string& name = command.argv.front();
  if (name.find('/') == std::string::npos) return search(name, path_variable(command));
  const std::string seen = name.front() == '/' || command.cwd.empty() ? name : command.cwd + "/" + name;
  switch (look_at(seen)) {
    case Found::kYes:
      return name;  // the program changes its folder before it is executed
    case Found::kNotExecutable:
      return not_executable(seen);
    case Found::kNo:
      break;
  }
  return SpawnError{SpawnStep::kCommandNotFound, ENOENT, "the command '" + seen + "' does not exist"};
}

}  // namespace asmgr::exec
