#include "tests/simulation/host.hpp"

namespace asmgr::simulation {
namespace {

using std::chrono::milliseconds;

Wiring wiring_of(const HostPlan& host, const std::shared_ptr<Store>& store, const std::shared_ptr<Provider>& agent) {
  Wiring wiring;
  wiring.stores["local"] = store;
  wiring.providers["agent"] = agent;
  Pipeline pipeline;
  pipeline.name = "default";
  pipeline.store = "local";
  pipeline.provider = "agent";
  pipeline.timeouts = {milliseconds(80), milliseconds(20), milliseconds(30), milliseconds(5)};
  pipeline.queue = {host.max_concurrent_runs, host.max_queued_runs};
  pipeline.store_retry = milliseconds(host.store_retry_ms);
  wiring.pipelines["default"] = std::move(pipeline);
  wiring.host.max_parallel_runs = host.max_parallel_runs;
  wiring.host.drain_timeout = milliseconds(1000);
  wiring.host.host_ttl = milliseconds(300);
  return wiring;
}

}  // namespace

SimulatedHost::SimulatedHost(const HistoryPlan& plan, const HostPlan& host, std::shared_ptr<Store> store,
                             Agent::Mood mood, Story& story, std::string name)
    : name_(std::move(name)),
      store_(std::make_shared<FaultyStore>(std::move(store), host.faults, host.seed, story, name_)),
      agent_(std::make_shared<Agent>(plan, mood)) {
  store_->set_fast(host.fast_commits);
  if (host.hides_changes) store_->hide_changes();
  if (host.crash) store_->crash_at(*host.crash);
  ManagerOptions options;
  options.threads = 2;
  options.serves = host.serves;
  options.log = [&story, name = name_](const LogLine& line) { story.tell(name, "logs: " + std::string(line.message)); };
  manager_ = std::make_unique<SessionManager>(wiring_of(host, store_, agent_), options);
}

SimulatedHost::~SimulatedHost() {
  manager_.reset();
  agent_->end();
}

}  // namespace asmgr::simulation
