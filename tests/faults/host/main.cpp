// A host of the fault runs: serves the store of a deployment, and has callers of its own that begin runs in sessions
// which all hosts share. Ends in good order on SIGTERM. What its callers and its store were told is in WITNESS.
//
//   fault_host CONFIG WITNESS SEED CALLERS
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"
#include "core/model/state_machine.hpp"
#include "tests/faults/host/talker.hpp"
#include "tests/faults/host/witnessed_store.hpp"

namespace asmgr::faults {
namespace {

using std::chrono::milliseconds;

constexpr int kSessions = 3;

// Somebody who uses a host until it ends. Every verb comes back sooner or later; what it answers is told to the
// witness.
class Caller {
 public:
  Caller(SessionManager& manager, WitnessFile& witness, std::uint32_t seed)
      : manager_(manager), witness_(witness), random_(seed) {}

  void use_until(const std::atomic<bool>& over) {
    while (!over) {
      const int which = static_cast<int>(below(kSessions));
      if (!open(which)) {
        std::this_thread::sleep_for(milliseconds(20));
        continue;
      }
      if (below(3) == 0)
        fight_for_a_run(which);
      else if (below(3) == 0)
        submit_one(which);
      else
        execute_one(which);
    }
  }
  // Reads a session from its beginning, over and over from where it stopped when the store does not answer.
  void follow_until(const std::atomic<bool>& over) {
    StreamEventsOptions options;
    options.session_id = name(static_cast<int>(below(kSessions)));
    options.wait_timeout = milliseconds(100);
    const int watcher = witness_.new_watcher();
    while (!over) {
      auto stream = manager_.stream_session_events(options);
      while (stream && !over) {
        const auto event = (*stream)->next();
        if (!event || *event == nullptr) break;
        witness_.seen(watcher, view_of(**event), "");
        options.after = (*event)->sequence_number;
      }
      if (!stream) std::this_thread::sleep_for(milliseconds(20));
    }
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  static std::string name(int which) { return "shared-" + std::to_string(which); }

  bool open(int which) {
    StartSessionOptions start;
    start.id = name(which);
    start.agent_id = "agent";
    (void)manager_.start_session(start);  // or another host has
    SessionVerbOptions activate;
    activate.session_id = name(which);
    return manager_.activate_session(activate).has_value();
  }
  bool make(int which, const std::string& id, std::string& made) {
    StartRunOptions options;
    options.session_id = name(which);
    options.id = id;
    options.input = boost::json::object{{"prompt", "hello"}};
    const auto run = manager_.start_run(options);
    if (!run) return false;
    made = run->id;
    witness_.made(made);
    return true;
  }
  void execute_one(int which) {
    std::string run;
    if (!make(which, "", run)) return;
    const int watcher = witness_.new_watcher();
    ExecuteRunOptions options;
    options.run_id = run;
    options.execution.event_callback = [&](const EventView& event) { witness_.seen(watcher, event, run); };
    if (const auto result = manager_.execute_run(options)) witness_.told(*result);
  }
  void submit_one(int which) {
    std::string run;
    if (!make(which, "", run)) return;
    ExecuteRunOptions options;
    options.run_id = run;
    if (!manager_.submit_run(options)) return;
    witness_.accepted(run);
    AwaitRunOptions wait;
    wait.run_id = run;
    wait.timeout = milliseconds(1000);
    if (const auto result = manager_.await_run(wait); result && is_terminal(result->status)) witness_.told(*result);
  }
  // All hosts know this id at the same time: of many who want to carry it out one does.
  void fight_for_a_run(int which) {
    const auto moment = std::chrono::steady_clock::now().time_since_epoch() / milliseconds(250);
    const std::string id = "fought-" + std::to_string(which) + "-" + std::to_string(moment);
    if (id == last_fight_) return;
    last_fight_ = id;
    std::string made;
    (void)make(which, id, made);  // or another host has
    ExecuteRunOptions options;
    options.run_id = id;
    if (const auto result = manager_.execute_run(options); result && is_terminal(result->status))
      witness_.told(*result);
  }

  SessionManager& manager_;
  WitnessFile& witness_;
  std::mt19937 random_;
  std::string last_fight_;
};

int serve(const char* config, const char* witness_path, std::uint32_t seed, int callers, const sigset_t& ending) {
  auto deployment = Deployment::load(config);
  if (!deployment) {
    std::fprintf(stderr, "%s\n", deployment.error().message().c_str());
    return 3;
  }
  WitnessFile witness(witness_path);
  Talker talker(seed);
  Wiring wiring = deployment->wiring();
  for (auto& [name, store] : wiring.stores) store = std::make_shared<WitnessedStore>(store, witness);
  // Its threads end after the manager, in this function.
  for (auto& [name, provider] : wiring.providers) provider = std::shared_ptr<Provider>(&talker, [](Provider*) {});
  for (auto& [name, pipeline] : wiring.pipelines) pipeline.store_retry = std::chrono::seconds(10);
  ManagerOptions options;
  options.serves = true;
  options.threads = 2;
  options.log = [](const LogLine& line) {
    std::fprintf(stderr, "%d %.*s\n", line.level, static_cast<int>(line.message.size()), line.message.data());
  };
  SessionManager manager(wiring, options);
  std::fprintf(stderr, "serving as %s\n", manager.host_id().c_str());
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&, of = seed * 100 + static_cast<std::uint32_t>(i), follows = i == 0] {
      Caller caller(manager, witness, of);
      follows ? caller.follow_until(over) : caller.use_until(over);
    });
  }
  int signal = 0;
  sigwait(&ending, &signal);
  over = true;
  for (std::thread& thread : threads) thread.join();
  (void)manager.drain();
  return 0;
}

}  // namespace
}  // namespace asmgr::faults

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  return asmgr::faults::serve(argv[1], argv[2], static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10)),
                              std::atoi(argv[4]), ending);
}
