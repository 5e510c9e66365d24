#include "tests/faults/host_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace asmgr::faults {

HostProcess::HostProcess(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
                         const std::string& log) {
  std::vector<std::string> variables;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string variable = *one;
    if (!environment.contains(variable.substr(0, variable.find('=')))) variables.push_back(variable);
  }
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> arguments;
  std::vector<char*> variable_pointers;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& variable : variables) variable_pointers.push_back(const_cast<char*>(variable.c_str()));
  arguments.push_back(nullptr);
  variable_pointers.push_back(nullptr);
  // A request to end that comes before the program can take it waits there; blocked before there is anybody to ask.
  sigset_t ending, before;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, &before);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ != 0) pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execve(arguments[0], arguments.data(), variable_pointers.data());
  _exit(127);
}

HostProcess::~HostProcess() {
  if (over_) return;
  kill(pid_, SIGKILL);
  reap(true);
}

void HostProcess::send(int signal) const {
  if (!over_) kill(pid_, signal);
}

bool HostProcess::reap(bool blocking) {
  over_ = over_ || waitpid(pid_, &status_, blocking ? 0 : WNOHANG) == pid_;
  return over_;
}

bool HostProcess::is_over() {
  return reap(false);
}

void HostProcess::wait() {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!is_over()) {
    if (std::chrono::steady_clock::now() > limit) {
      kill(pid_, SIGKILL);
      reap(true);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::string HostProcess::how() const {
  return WIFEXITED(status_) ? "exit code " + std::to_string(WEXITSTATUS(status_))
                            : "signal " + std::to_string(WTERMSIG(status_));
}

}  // namespace asmgr::faults
