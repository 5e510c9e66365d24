// Another process that uses the same database.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace asmgr::contract {

// A store_helper. Killed, if it still runs, when this goes.
class Child {
 public:
  Child(const std::string& config, const std::string& database) {
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      execl(STORE_HELPER, STORE_HELPER, config.c_str(), database.c_str(), nullptr);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to_ = fdopen(in[1], "w");
    from_ = fdopen(out[0], "r");
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    fclose(to_);
    end();
    fclose(from_);
  }

  void send(const std::string& line) {
    fputs((line + "\n").c_str(), to_);
    fflush(to_);
  }
  // One line of answer as numbers; empty at the end.
  std::vector<std::uint64_t> receive() {
    std::string line;
    for (int c = fgetc(from_); c != EOF; c = fgetc(from_)) {
      if (c == '\n') {
        std::istringstream words(line);
        std::vector<std::uint64_t> numbers;
        for (std::uint64_t n = 0; words >> n;) numbers.push_back(n);
        return numbers;
      }
      line += static_cast<char>(c);
    }
    return {};
  }
  std::vector<std::uint64_t> ask(const std::string& line) {
    send(line);
    return receive();
  }
  void signal(int number) { kill(pid_, number); }
  // SIGKILL, and no longer there when this returns.
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  FILE* to_ = nullptr;
  FILE* from_ = nullptr;
};

}  // namespace asmgr::contract
