#include "tests/faults/attack.hpp"

#include <signal.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/faults/plan_file.hpp"

namespace asmgr::faults {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTimeToLive{1000};
constexpr milliseconds kPatience{60'000};
constexpr std::size_t kHosts = 3;
constexpr int kCallers = 3;
constexpr int kRefusedToBegin = 3;  // exit code: the store did not answer

std::string end_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const std::string all = text.str();
  return all.substr(all.size() - std::min<std::size_t>(all.size(), 1500));
}

}  // namespace

int Tally::injected() const {
  int sum = 0;
  for (const auto& [name, count] : faults) sum += count;
  return sum;
}

std::string Tally::text() const {
  std::string out = std::to_string(injected()) + " faults: ";
  for (const auto& [name, count] : faults) out += std::to_string(count) + " x " + name + ", ";
  return out + std::to_string(acknowledged) + " events acknowledged, " + std::to_string(seen) + " seen, " +
         std::to_string(runs) + " runs";
}

Attack::Attack(Target& target, std::uint32_t seed)
    : target_(target), random_(seed), intruder_(target.plugin(), target.config_of_test()) {
  target_.watch_heads();
  std::ofstream(folder_.path() + "/asmgr.yaml")
      << "version: 1\nstores:\n  shared: {plugin: " << target.plugin() << ", config: " << target.config_of_hosts()
      << "}\nproviders:\n  talker: {plugin: replay, config: {file: ./recording.jsonl}}\n"
      << "pipelines:\n  default: {store: shared, provider: talker}\n"
      << "host: {host_ttl: " << kTimeToLive.count() << "ms, drain_timeout: 10s}\n";
  // The provider of the file is replaced by the host's own.
  std::ofstream(folder_.path() + "/recording.jsonl") << R"({"t":0,"finish":{"status":"completed"}})"
                                                     << "\n";
}

void Attack::tell(const std::string& what) {
  const auto at = std::chrono::duration_cast<milliseconds>(Clock::now() - began_).count();
  story_ += std::to_string(at) + " ms: " + what + "\n";
}

void Attack::begin_host(int callers) {
  Host host;
  host.name = "host-" + std::to_string(names_.size() + 1);
  const std::string path = folder_.path() + "/" + host.name;
  host.plan = make_plan_file(path + ".plan");
  host.process = std::make_unique<HostProcess>(
      std::vector<std::string>{FAULT_HOST, folder_.path() + "/asmgr.yaml", path + ".witness",
                               std::to_string(random_() % 1'000'000), std::to_string(callers)},
      // Whoever is killed at random cannot say what it leaked; what is preloaded is meant for the server.
      std::map<std::string, std::string>{
          {kPlanVariable, path + ".plan"}, {"ASAN_OPTIONS", "detect_leaks=0"}, {"LD_PRELOAD", ""}},
      path + ".log");
  tell(host.name + " begins");
  names_.push_back(host.name);
  hosts_.push_back(std::move(host));
}

Attack::Host& Attack::any_host() {
  tend_hosts();
  return hosts_[random_() % hosts_.size()];
}

Attack::Host& Attack::working_host() {
  while (true) {
    Host& host = any_host();  // at most one of them is stopped
    if (!host.goes_on_at) return host;
  }
}

std::vector<Fault> Attack::faults() {
  std::vector<Fault> all = target_.faults(random_, [this] { return Victim{*working_host().plan}; });
  all.push_back({"host killed", [this] { return kill_one(); }});
  all.push_back({"host stopped for three times its time to live", [this] { return stop_one(); }});
  all.push_back({"wall clock turned", [this] { return turn_a_clock(); }});
  all.push_back({"write from an old epoch", [this] { return write_from_an_old_epoch(); }});
  return all;
}

bool Attack::kill_one() {
  Host& host = any_host();
  tell(host.name + " is killed");
  host.ending = true;
  host.process->send(SIGKILL);
  host.process->wait();
  tend_hosts();
  return true;
}

bool Attack::stop_one() {
  for (const Host& host : hosts_)
    if (host.goes_on_at) return false;  // one at a time: somebody has to work
  Host& host = any_host();
  tell(host.name + " is stopped");
  host.process->send(SIGSTOP);
  host.goes_on_at = Clock::now() + 3 * kTimeToLive;
  return true;
}

bool Attack::turn_a_clock() {
  Host& host = working_host();
  const auto minutes = static_cast<std::int64_t>(random_() % 240) - 120;
  tell(host.name + " has its clock turned by " + std::to_string(minutes) + " minutes");
  host.plan->clock_us = minutes * 60'000'000;
  return true;
}

// Who knows all that a former owner knew, and what the head is now, but not that the session was taken.
bool Attack::write_from_an_old_epoch() {
  std::vector<HeadState> heads;
  try {
    heads = target_.heads();
  } catch (const std::runtime_error&) {
    return false;
  }
  for (int tries = 0; tries < 20 && !heads.empty(); ++tries) {
    const HeadState& old = heads[random_() % heads.size()];
    const contract::Head now = intruder_.head(old.session_id);
    if (now.status != ASMGR_OK || old.owner.empty() || now.epoch <= old.epoch) continue;
    contract::Unit unit = contract::append_events(old.session_id, old.owner, old.epoch, now.last_seq, 1);
    unit.events[0].id = kIntruder + std::to_string(random_());
    if (random_() % 3 == 0) unit.flags |= ASMGR_UNIT_TAKE;
    const contract::UnitResult result = intruder_.commit(unit);
    tell("a write to " + old.session_id + " from epoch " + std::to_string(old.epoch) + " of " +
         std::to_string(now.epoch) + " is answered " + std::to_string(result.status));
    if (result.status == ASMGR_E_STALE_EPOCH) return true;
    if (result.status != ASMGR_OK) continue;
    findings_.push_back({"stale", old.session_id, "a write from an old epoch was said to be written"});
    return true;
  }
  return false;
}

void Attack::look_at_end_of(Host& host) {
  const std::string how = host.process->how();
  if (!host.ending) tell(host.name + " has ended, " + how);
  const bool may = host.ending || how == "exit code " + std::to_string(kRefusedToBegin);
  if (!may) findings_.push_back({"host", host.name, how});
}

void Attack::tend_hosts() {
  for (std::size_t i = hosts_.size(); i-- > 0;) {
    Host& host = hosts_[i];
    if (host.goes_on_at && Clock::now() >= *host.goes_on_at) {
      tell(host.name + " goes on");
      host.process->send(SIGCONT);
      host.goes_on_at.reset();
    }
    if (!host.process->is_over()) continue;
    look_at_end_of(host);
    hosts_.erase(hosts_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  while (hosts_.size() < kHosts) begin_host(kCallers);
}

void Attack::end_hosts() {
  for (Host& host : hosts_) {
    host.plan->writes.fail = host.plan->syncs.fail = host.plan->truncates.fail = 0;
    if (host.goes_on_at) host.process->send(SIGCONT);
    host.process->send(SIGTERM);
  }
  for (Host& host : hosts_) {
    host.process->wait();
    tell(host.name + " was asked to end: " + host.process->how());
    const bool good =
        host.process->how() == "exit code 0" || host.process->how() == "exit code " + std::to_string(kRefusedToBegin);
    host.ending = good;
    look_at_end_of(host);
  }
  hosts_.clear();
}

void Attack::rest() {
  begin_host(0);
  const auto limit = Clock::now() + kPatience;
  while (target_.unrest() != 0 && Clock::now() < limit) std::this_thread::sleep_for(milliseconds(20));
  end_hosts();
}

std::vector<simulation::Finding> Attack::play(int faults, Tally& tally) {
  tend_hosts();
  const auto limit = Clock::now() + kPatience;
  while (target_.heads().size() < 20 && Clock::now() < limit) std::this_thread::sleep_for(milliseconds(5));
  const std::vector<Fault> all = this->faults();
  for (int done = 0; done < faults && Clock::now() < limit;) {
    const Fault& fault = all[random_() % all.size()];
    // The moment of a fault is what is being tested.
    std::this_thread::sleep_for(milliseconds(20 + random_() % 200));
    tend_hosts();
    const bool happened = fault.inject();
    tell(fault.name + (happened ? "" : ": found nothing"));
    if (!happened) continue;
    ++tally.faults[fault.name];
    ++done;
  }
  target_.heal();
  end_hosts();
  rest();

  WrittenDown written;
  for (const std::string& name : names_) read_witness(folder_.path() + "/" + name + ".witness", name, written);
  const simulation::Snapshot stored = target_.snapshot();
  tally.acknowledged += written.acknowledged.size();
  tally.runs += stored.runs.size();
  for (const simulation::Watcher& watcher : written.testimony.watchers) tally.seen += watcher.seen.size();
  for (auto& finding : simulation::check(stored, written.testimony)) findings_.push_back(std::move(finding));
  for (auto& finding : check_ownership(target_.heads(), stored, written.acknowledged))
    findings_.push_back(std::move(finding));
  if (!findings_.empty()) {
    for (const std::string& name : names_)
      story_ += "--- " + name + " said at its end:\n" + end_of(folder_.path() + "/" + name + ".log");
  }
  return findings_;
}

}  // namespace asmgr::faults
