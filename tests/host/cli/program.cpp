#include "tests/host/cli/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <thread>

namespace asmgr::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A file without a name that holds `text`, at its start.
int file_with(const std::string& text) {
  std::FILE* file = std::tmpfile();
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) throw std::runtime_error("cannot write input");
  std::fflush(file);
  const int copy = ::dup(::fileno(file));
  std::fclose(file);
  ::lseek(copy, 0, SEEK_SET);
  return copy;
}

}  // namespace

std::string asmgr_program() {
  return std::string(ASMGR_BINARY_DIR) + "/bin/asmgr";
}

RunningProgram::RunningProgram(const std::vector<std::string>& command,
                               const std::map<std::string, std::string>& environment, const std::string& folder,
                               const std::optional<std::string>& input) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("no pipes");
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  auto argument_pointers = pointers_to(arguments);
  auto variable_pointers = pointers_to(variables);
  const int in = input ? file_with(*input) : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in, 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execve(argument_pointers[0], argument_pointers.data(), variable_pointers.data());
    ::_exit(127);
  }
  ::close(in);
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

RunningProgram::~RunningProgram() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void RunningProgram::send(int signal) const {
  ::kill(pid_, signal);
}

void RunningProgram::stop_reading() {
  ::close(out_);
  out_ = -1;
}

bool RunningProgram::read_some(Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  if (left <= 0 || (out_ < 0 && err_ < 0)) return false;
  pollfd waits[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
  if (::poll(waits, 2, static_cast<int>(left)) <= 0) return errno == EINTR;
  const auto take = [](pollfd& wait, int& file, std::string& text) {
    if (wait.revents == 0) return;
    char buffer[65536];
    const ssize_t got = ::read(file, buffer, sizeof buffer);
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
      return;
    }
    ::close(file);
    file = -1;
  };
  take(waits[0], out_, out_text_);
  take(waits[1], err_, err_text_);
  return true;
}

bool RunningProgram::read_until(const std::function<bool(const std::string&, const std::string&)>& condition) {
  const auto until = Clock::now() + std::chrono::seconds(10);
  while (!condition(out_text_, err_text_)) {
    if (!read_some(until)) return false;
  }
  return true;
}

Ended RunningProgram::wait() {
  const auto until = Clock::now() + std::chrono::seconds(60);
  while (read_some(until)) {
  }
  if (Clock::now() >= until) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  Ended ended;
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  ended.out = out_text_;
  ended.err = err_text_;
  return ended;
}

World::World() {
  environment_["PATH"] = "/usr/local/bin:/usr/bin:/bin";
  environment_["HOME"] = folder_.file("home");
  environment_["XDG_CONFIG_HOME"] = folder_.file("config");
  environment_["XDG_STATE_HOME"] = folder_.file("state");
  environment_["ASMGR_PLUGIN_PATH"] = ASMGR_PLUGIN_DIR;
  environment_["LC_ALL"] = "C.UTF-8";
}

std::unique_ptr<RunningProgram> World::start(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{asmgr_program()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<RunningProgram>(command, environment_, folder_.path().string(), std::nullopt);
}

Ended World::asmgr(const std::vector<std::string>& arguments, const std::optional<std::string>& input) const {
  std::vector<std::string> command{asmgr_program()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return program(command, input);
}

Ended World::program(const std::vector<std::string>& command, const std::optional<std::string>& input) const {
  return RunningProgram(command, environment_, folder_.path().string(), input).wait();
}

}  // namespace asmgr::cli
