#include "host/cli/text_editor.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace asmgr::cli {
namespace {

Error editing_error(const std::string& what) {
  return Error(ErrorCode::storage_error, "the text cannot be given to an editor: " + what);
}

// A folder that nobody else can look into; removed with what is in it.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::error_code ignored;
    std::string pattern = (std::filesystem::temp_directory_path(ignored) / "asmgr-edit-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// A process group of its own in the foreground of the terminal, so that ^C there is the editor's and not the run's;
// signals as they were before this program blocked some.
class Foreground {
 public:
  Foreground() {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t usual;
    sigemptyset(&usual);
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGTTOU, SIGTTIN}) sigaddset(&usual, signal);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setpgroup(&attributes_, 0);
    if (::isatty(STDIN_FILENO) == 1 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) {
      has_terminal_ = true;
      posix_spawn_file_actions_addtcsetpgrp_np(&actions_, STDIN_FILENO);
    }
  }
  // Takes the terminal back.
  ~Foreground() {
    if (has_terminal_) {
      sigset_t stopped_by_output;
      sigset_t before;
      sigemptyset(&stopped_by_output);
      sigaddset(&stopped_by_output, SIGTTOU);
      pthread_sigmask(SIG_BLOCK, &stopped_by_output, &before);
      (void)::tcsetpgrp(STDIN_FILENO, ::getpgrp());
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Foreground(const Foreground&) = delete;
  Foreground& operator=(const Foreground&) = delete;

  // Starts it and waits; its wait status.
  [[nodiscard]] Result<int> run(const std::string& script, const std::string& file) {
    // The shell, too, gets the editor's ^C; without a trap it would take that for its own end.
    std::string arguments[] = {"sh", "-c", "trap : INT; " + script + " \"$@\"", "sh", file};
    char* pointers[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(),
                        arguments[3].data(), arguments[4].data(), nullptr};
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, "/bin/sh", &actions_, &attributes_, pointers, environ);
    if (failed != 0) return editing_error(std::string("/bin/sh does not start: ") + std::strerror(failed));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
      if (errno != EINTR) return editing_error(std::string("it is lost: ") + std::strerror(errno));
    }
    return status;
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
  bool has_terminal_ = false;
};

}  // namespace

std::string editor_command() {
  for (const char* name : {"VISUAL", "EDITOR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

Result<std::string> edit_text(const std::string& command, const std::string& name, const std::string& text) {
  const PrivateFolder folder;
  if (folder.path().empty()) return editing_error(std::string("no folder for it: ") + std::strerror(errno));
  const std::string file = (folder.path() / (name + ".json")).string();
  {
    std::ofstream out(file, std::ios::binary);
    out << text;
    out.close();
    if (!out) return editing_error("'" + file + "' cannot be written");
  }
  const auto status = Foreground().run(command, file);
  if (status.has_error()) return status.error();
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return Error(ErrorCode::command_failed, "the editor '" + command + "' did not end well, so nothing is changed");
  }
  std::ifstream in(file, std::ios::binary);
  std::ostringstream changed;
  changed << in.rdbuf();
  if (!in) return editing_error("'" + file + "' cannot be read any more");
  return changed.str();
}

}  // namespace asmgr::cli
