// Plays a recording over the standard streams of a process of its own.
//
// The first argument may be --orphans: then it starts descendants first that are hard to end, as the tools of agents
// are: each in a session of its own, without the parent that started it, deaf to every signal that can be ignored.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "program.hpp"

namespace asmgr::fake_agent {
namespace {

class StandardStreams final : public Streams {
 public:
  std::optional<std::string> read_line() override {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }
  void write(std::string_view bytes) override { std::cout << bytes << std::flush; }
  void complain(const std::string& bytes) override { std::cerr << bytes; }
};

// A child whose parent is gone, and a child of that one in yet another session.
void start_orphans() {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT}) signal(number, SIG_IGN);
  if (fork() == 0) setsid();
  for (;;) pause();
}

int leave(int code) {
  if (code >= 0) return code;
  signal(-code, SIG_DFL);
  raise(-code);
  return 1;
}

}  // namespace
}  // namespace asmgr::fake_agent

int main(int argc, char** argv) {
  using namespace asmgr::fake_agent;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "--orphans") {
    start_orphans();
    arguments.erase(arguments.begin());
  }
  try {
    StandardStreams streams;
    return leave(play_program(arguments, streams));
  } catch (const DriverWasWrong& wrong) {
    std::cerr << "fake_agent: " << wrong.what() << std::endl;
    return kDriverWasWrong;
  } catch (const std::exception& error) {
    std::cerr << "fake_agent: " << error.what() << std::endl;
    return 96;
  }
}
