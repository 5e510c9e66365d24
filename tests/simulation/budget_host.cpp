// A host of the budget race: carries out so many runs at once, each in a session of its own. Says `begun` and how each
// one ended.
//
//   simulation_budget_host CONFIG RUNS
#include <cstdio>
#include <cstdlib>
#include <future>
#include <vector>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"
#include "core/model/state_machine.hpp"

namespace {

using asmgr::Result;
using asmgr::RunResult;

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

std::future<void> begin(asmgr::SessionManager& manager) {
  auto ended = std::make_shared<std::promise<void>>();
  asmgr::RunOnceOptions options;
  options.input = boost::json::object{{"prompt", "hello"}};
  options.execution.event_callback = [](const asmgr::EventView& event) {
    if (event.type == asmgr::EventType::run_started) say("begun");
  };
  manager.begin_run_once(options, [ended](const Result<RunResult>& result) {
    say(result ? "ended " + std::string(status_name(result->status)) : "refused: " + result.error().message());
    ended->set_value();
  });
  return ended->get_future();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto deployment = asmgr::Deployment::load(argv[1]);
  if (!deployment) {
    std::fprintf(stderr, "%s\n", deployment.error().message().c_str());
    return 3;
  }
  asmgr::SessionManager manager(deployment->wiring());
  std::vector<std::future<void>> runs;
  for (int i = std::atoi(argv[2]); i > 0; --i) runs.push_back(begin(manager));
  for (const std::future<void>& run : runs) run.wait();
  return 0;
}
