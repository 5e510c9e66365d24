#include "tests/simulation/history.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "core/plugin/factory.hpp"
#include "tests/simulation/operations.hpp"

namespace asmgr::simulation {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kCallersPatience{150};     // then what they wait for is called off
constexpr std::chrono::seconds kLastPatience{5};  // then it is a finding
constexpr std::chrono::seconds kRestPatience{10};

// Callers and subscribers over a few hosts, until everything has come to rest.
class History {
 public:
  History(const HistoryPlan& plan, std::shared_ptr<Store> store)
      : plan_(plan), store_(std::move(store)), witness_(std::make_shared<Witness>(*store_)) {
    for (const HostPlan& host : plan_.hosts) {
      hosts_.push_back(std::make_unique<SimulatedHost>(plan_, host, store_, Agent::Mood::as_planned, story_,
                                                       "host " + std::to_string(hosts_.size())));
    }
  }

  HistoryOutcome play() {
    prepare();
    watch();
    call();
    end_hosts();
    look_after_what_is_left();
    return judge();
  }

 private:
  void prepare() {
    for (std::size_t i = 0; i < plan_.sessions; ++i) {
      for (const Verb verb : {Verb::start_session, Verb::activate}) {
        Operation operation;
        operation.verb = verb;
        operation.host = i % hosts_.size();
        operation.session = i;
        operations_.perform(operation);
      }
    }
    for (std::size_t i = 0; i < plan_.runs; ++i) {
      Operation operation;
      operation.verb = Verb::start_run;
      operation.host = i % hosts_.size();
      operation.session = plan_.session_of(i);
      operation.run = i;
      if (i % 4 != 3) operations_.perform(operation);  // the others are made by whoever comes first
    }
  }

  void watch() {
    for (std::size_t i = 0; i < plan_.sessions; ++i) {
      if (plan_.watched[i] >= hosts_.size()) continue;
      watchers_.emplace_back([this, i] { follow(hosts_[plan_.watched[i]]->manager(), plan_.session_id(i)); });
    }
  }
  void follow(SessionManager& manager, const std::string& session) {
    StreamEventsOptions options;
    options.session_id = session;
    options.poll_interval = milliseconds(5);
    options.stop = stop_watching_.get_token();
    auto stream = manager.stream_session_events(options);
    if (!stream) return;
    const auto eyes = witness_->watch("stream of " + session, session);
    while (!options.stop.stop_requested()) {
      auto event = (*stream)->next();
      if (event && *event == nullptr) return;
      if (event) eyes->see(view_of(**event));
      if (!event) std::this_thread::sleep_for(milliseconds(1));  // the store failed; it is asked again
    }
  }

  void call() {
    std::atomic<std::size_t> busy{plan_.callers.size()};
    std::vector<std::atomic<const Operation*>> doing(plan_.callers.size());
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < plan_.callers.size(); ++i) {
      callers.emplace_back([&, i] {
        for (const Operation& operation : plan_.callers[i]) {
          doing[i] = &operation;
          operations_.perform(operation);
        }
        doing[i] = nullptr;
        --busy;
      });
    }
    const auto patience = Clock::now() + kCallersPatience;
    while (busy != 0) {
      std::this_thread::sleep_for(milliseconds(1));
      if (Clock::now() > patience) call_off();
      if (Clock::now() < patience + kLastPatience || !stuck_.empty()) continue;
      for (const Operation* operation : doing) {
        if (operation != nullptr) stuck_.push_back({"answered", describe(*operation), "has not come back"});
      }
      story_.tell("callers", "have waited in vain");
      for (const auto& host : hosts_) host->store().cut_off();
    }
    for (std::thread& caller : callers) caller.join();
  }
  // What a caller may wait for without end: a session that is paused. In a dead host the verb fails, and so do those
  // that wait there.
  void call_off() {
    for (const auto& host : hosts_) {
      for (std::size_t i = 0; i < plan_.sessions; ++i) {
        host->manager().begin_resume_session({plan_.session_id(i), "", {}, {milliseconds(50), true}},
                                             [](const Result<Session>&) {});
      }
    }
    std::this_thread::sleep_for(milliseconds(20));
  }

  void end_hosts() {
    for (const auto& host : hosts_) {
      deaths_ += host->dead() ? 1U : 0U;
      if (plan_.ends_hosts_cleanly) {
        host->store().behave();
      } else {
        host->store().cut_off();
      }
    }
    stop_watching_.request_stop();
    for (std::thread& watcher : watchers_) watcher.join();
    for (const auto& host : hosts_) {
      if (plan_.seed % 2 == 0) host->agent().release();
    }
    hosts_.clear();
  }

  // A host that finds what the others left.
  void look_after_what_is_left() {
    HostPlan calm;
    calm.serves = true;
    SimulatedHost host(plan_, calm, store_, Agent::Mood::calm, story_, "last host");
    for (std::size_t i = 0; i < plan_.sessions; ++i) {
      const std::string id = plan_.session_id(i);
      auto session = host.manager().get_session(id);
      if (!session || !plan_.resumes_in_the_end || session->session.status != SessionStatus::paused) continue;
      (void)host.manager().resume_session({id, "", {}, {}});
    }
    const auto until = Clock::now() + kRestPatience;
    while (!at_rest() && Clock::now() < until) std::this_thread::sleep_for(milliseconds(1));
  }
  [[nodiscard]] bool at_rest() const {
    RunQuery runs;
    runs.statuses = {RunStatus::running};
    RecordQuery commands;
    commands.kind = "command";
    commands.status = "pending";
    RecordQuery entries;
    entries.kind = "queue";
    const auto waits = [this](const Record& entry) {
      if (entry.status == "running") return true;
      if (entry.status != "queued") return false;
      const auto session = store_->get_session({}, entry.session_id);
      const auto run = store_->get_run({}, entry.id);
      if (!session || (run && is_terminal(run->status))) return true;
      const bool may_go_on = session->status == SessionStatus::paused || session->status == SessionStatus::pending;
      return !may_go_on || session->deleted_at.is_set();
    };
    const auto running = store_->list_runs(runs);
    const auto pending = store_->list_records(commands);
    const auto queue = store_->list_records(entries);
    return running && running->empty() && pending && pending->empty() && queue &&
           std::none_of(queue->begin(), queue->end(), waits);
  }

  HistoryOutcome judge() {
    const Snapshot stored = snapshot_of(*store_);
    HistoryOutcome outcome;
    outcome.findings = check(stored, witness_->testimony());
    outcome.findings.insert(outcome.findings.end(), stuck_.begin(), stuck_.end());
    if (witness_->unanswered() != 0) {
      outcome.findings.push_back(
          {"answered", "begin_execute",
           std::to_string(witness_->unanswered()) + " handlers were never called, or called twice"});
    }
    if (!outcome.findings.empty()) outcome.story = story_.text();
    outcome.runs = stored.runs.size();
    outcome.deaths = deaths_;
    for (const auto& [id, session] : stored.sessions) outcome.events += session.events.size();
    for (const auto& [id, run] : stored.runs) {
      outcome.recovered += run.doc.find("host_terminated") != std::string::npos ? 1U : 0U;
    }
    return outcome;
  }

  const HistoryPlan& plan_;
  std::shared_ptr<Store> store_;
  std::shared_ptr<Witness> witness_;
  Story story_;
  std::vector<std::unique_ptr<SimulatedHost>> hosts_;
  Operations operations_{plan_, hosts_, witness_, story_};
  std::stop_source stop_watching_;
  std::vector<std::thread> watchers_;
  std::vector<Finding> stuck_;
  std::size_t deaths_ = 0;
};

}  // namespace

StoreMaker::StoreMaker() {
  std::string pattern = (std::filesystem::temp_directory_path() / "asmgr-simulation-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  std::ofstream(folder / "asmgr.yaml")
      << "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR
         "\"]}\nstores:\n  local: {plugin: memory}\nproviders:\n  shell: {plugin: shell}\n"
         "pipelines:\n  default: {store: local, provider: shell}\n";
  auto deployment = Deployment::load((folder / "asmgr.yaml").string());
  std::filesystem::remove_all(folder);
  if (!deployment) throw std::runtime_error(deployment.error().message());
  catalog_ = deployment->catalog();
}

std::shared_ptr<Store> StoreMaker::make() const {
  auto component = catalog_->open("memory", ComponentKind::store);
  if (!component) throw std::runtime_error(component.error().message());
  auto store = create_store(*component, "local", "{}");
  if (!store) throw std::runtime_error(store.error().message());
  return std::move(*store);
}

HistoryOutcome play_history(std::uint64_t seed, const StoreMaker& stores) {
  const HistoryPlan plan = HistoryPlan::draw(seed);
  return History(plan, stores.make()).play();
}

}  // namespace asmgr::simulation
