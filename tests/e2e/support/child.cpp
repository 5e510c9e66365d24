#include "tests/e2e/support/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace asmgr::e2e {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A file without a name that holds `text`, read from its start.
int file_with(const std::string& text) {
  std::FILE* file = std::tmpfile();
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size()) {
    throw std::runtime_error("cannot write a child's input");
  }
  std::fflush(file);
  const int copy = ::fcntl(::fileno(file), F_DUPFD_CLOEXEC, 3);
  std::fclose(file);
  ::lseek(copy, 0, SEEK_SET);
  return copy;
}

// Takes what is there; closes at the end of the stream.
void take_from(int& file, std::string& text) {
  char buffer[65536];
  while (file >= 0) {
    const ssize_t got = ::read(file, buffer, sizeof buffer);
    if (got < 0) return;
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
      continue;
    }
    ::close(file);
    file = -1;
  }
}

}  // namespace

Child::Child(const ChildSetup& setup) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("no pipes");
  std::vector<std::string> arguments = setup.command;
  std::vector<std::string> variables;
  for (const auto& [name, value] : setup.environment) variables.push_back(name + "=" + value);
  const auto argument_pointers = pointers_to(arguments);
  const auto variable_pointers = pointers_to(variables);
  const int in = setup.input ? file_with(*setup.input) : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in, 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    if (::chdir(setup.folder.c_str()) != 0) ::_exit(126);
    ::execve(argument_pointers[0], argument_pointers.data(), variable_pointers.data());
    ::_exit(127);
  }
  ::close(in);
  ::close(out[1]);
  ::close(err[1]);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  process_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  out_ = out[0];
  err_ = err[0];
  ::fcntl(out_, F_SETFL, O_NONBLOCK);
  ::fcntl(err_, F_SETFL, O_NONBLOCK);
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (const int file : {process_, out_, err_}) {
    if (file >= 0) ::close(file);
  }
}

void Child::send(int signal) const {
  ::kill(pid_, signal);
}

void Child::take_all() {
  take_from(out_, out_text_);
  take_from(err_, err_text_);
}

bool Child::read_some(Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  if (left <= 0) return false;
  pollfd waits[3] = {{process_, POLLIN, 0}, {out_, POLLIN, 0}, {err_, POLLIN, 0}};
  ::poll(waits, 3, static_cast<int>(left));
  take_all();
  return waits[0].revents == 0;
}

bool Child::read_until(const std::function<bool(const std::string&)>& condition) {
  const auto until = Clock::now() + kPatience;
  while (!condition(out_text_)) {
    if (!read_some(until)) return condition(out_text_);
  }
  return true;
}

void Child::read_for(std::chrono::milliseconds time) {
  const auto until = Clock::now() + time;
  while (read_some(until)) {
  }
}

Ended Child::wait() {
  const auto until = Clock::now() + kPatience;
  while (read_some(until)) {
  }
  if (Clock::now() >= until) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  take_all();
  Ended ended;
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  ended.out = out_text_;
  ended.err = err_text_;
  return ended;
}

}  // namespace asmgr::e2e
