#include "tests/simulation/plan.hpp"

#include <random>

namespace asmgr::simulation {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  // From 0 to one below `sides`.
  std::size_t roll(std::size_t sides) { return static_cast<std::size_t>(random_() % sides); }
  bool percent(unsigned chance) { return roll(100) < chance; }
  std::uint64_t seed() { return random_(); }

 private:
  std::mt19937_64 random_;
};

struct Weighted {
  Verb verb;
  unsigned weight;
};
constexpr Weighted kVerbs[] = {
    {Verb::start_run, 10},    {Verb::execute, 14},     {Verb::begin_execute, 14}, {Verb::submit, 10},
    {Verb::await, 6},         {Verb::cancel, 12},      {Verb::interrupt, 4},      {Verb::cancel_for_approval, 3},
    {Verb::run_once, 2},      {Verb::pause, 5},        {Verb::resume, 6},         {Verb::activate, 2},
    {Verb::complete, 2},      {Verb::fail, 1},         {Verb::cancel_session, 1}, {Verb::delete_session, 1},
    {Verb::start_session, 2}, {Verb::read_session, 3}, {Verb::read_run, 3},       {Verb::read_log, 2},
    {Verb::kill_host, 1},     {Verb::forget_host, 2},
};

Verb draw_verb(Dice& dice) {
  unsigned sum = 0;
  for (const Weighted& one : kVerbs) sum += one.weight;
  std::size_t at = dice.roll(sum);
  for (const Weighted& one : kVerbs) {
    if (at < one.weight) return one.verb;
    at -= one.weight;
  }
  return Verb::read_session;
}

StoreFaults draw_faults(Dice& dice) {
  switch (dice.roll(8)) {
    case 0:
      return {.slow = 300, .longest_us = 3000};
    case 1:
      return {.fails = 150};
    case 2:
      return {.busy = 150};
    case 3:
      return {.written_and_lost = 120};
    case 4:
      return {.unwritten_and_lost = 120};
    case 5:
      return {.slow = 100,
              .longest_us = 1000,
              .fails = 50,
              .busy = 50,
              .written_and_lost = 50,
              .unwritten_and_lost = 50,
              .read_fails = 20};
    default:
      return {};
  }
}

HostPlan draw_host(Dice& dice) {
  HostPlan host;
  host.faults = draw_faults(dice);
  host.seed = dice.seed();
  if (dice.percent(35)) host.crash = CrashPoint{1 + dice.roll(25), dice.percent(50)};
  host.serves = dice.percent(30);
  host.fast_commits = dice.percent(70);
  host.max_concurrent_runs = static_cast<std::uint32_t>(1 + dice.roll(3));
  if (dice.percent(10)) host.max_queued_runs = 1;
  if (dice.percent(10)) host.max_parallel_runs = 1;
  if (dice.percent(10)) host.store_retry_ms = 30;
  return host;
}

Operation draw_operation(Dice& dice, const HistoryPlan& plan) {
  Operation operation;
  operation.verb = draw_verb(dice);
  operation.host = dice.roll(plan.hosts.size());
  operation.run = dice.roll(plan.runs);
  operation.session = plan.session_of(operation.run);
  if (dice.percent(40)) operation.pause_us = static_cast<std::uint32_t>(dice.roll(2000));
  operation.callback = dice.percent(50);
  operation.second_try = dice.percent(50);
  return operation;
}

}  // namespace

HistoryPlan HistoryPlan::draw(std::uint64_t seed) {
  Dice dice(seed);
  HistoryPlan plan;
  plan.seed = seed;
  const std::size_t hosts = 1 + dice.roll(2);
  for (std::size_t i = 0; i < hosts; ++i) plan.hosts.push_back(draw_host(dice));
  // Without a change feed only one process may use a store.
  if (hosts == 1) plan.hosts[0].hides_changes = dice.percent(15);
  plan.sessions = 1 + dice.roll(3);
  plan.runs = plan.sessions + dice.roll(9 - plan.sessions);
  for (std::size_t i = 0; i < plan.runs; ++i) {
    plan.behaviours.push_back(static_cast<Behaviour>(dice.percent(40) ? 0 : dice.roll(kBehaviours)));
  }
  const std::size_t callers = 2 + dice.roll(2);
  for (std::size_t i = 0; i < callers; ++i) {
    std::vector<Operation>& operations = plan.callers.emplace_back();
    const std::size_t count = 3 + dice.roll(8);
    for (std::size_t j = 0; j < count; ++j) operations.push_back(draw_operation(dice, plan));
  }
  for (std::size_t i = 0; i < plan.sessions; ++i) plan.watched.push_back(dice.roll(plan.hosts.size() + 1));
  plan.resumes_in_the_end = dice.percent(70);
  plan.ends_hosts_cleanly = dice.percent(60);
  return plan;
}

const char* name_of(Verb verb) noexcept {
  static constexpr const char* kNames[] = {
      "start_run",           "execute",        "begin_execute", "submit",       "await",    "cancel",   "interrupt",
      "cancel_for_approval", "run_once",       "pause",         "resume",       "activate", "complete", "fail",
      "cancel_session",      "delete_session", "start_session", "read_session", "read_run", "read_log", "kill_host",
      "forget_host"};
  return kNames[static_cast<std::size_t>(verb)];
}

std::string describe(const Operation& operation) {
  std::string text = std::string(name_of(operation.verb)) + "(host " + std::to_string(operation.host) + ", ses_" +
                     std::to_string(operation.session) + ", run_" + std::to_string(operation.run) + ")";
  if (operation.pause_us != 0) text = std::to_string(operation.pause_us) + "us " + text;
  return text;
}

std::string describe(const HistoryPlan& plan) {
  std::string text = std::to_string(plan.hosts.size()) + " hosts, " + std::to_string(plan.sessions) + " sessions\n";
  for (std::size_t i = 0; i < plan.hosts.size(); ++i) {
    const HostPlan& host = plan.hosts[i];
    const StoreFaults& faults = host.faults;
    text += "host " + std::to_string(i) + (host.serves ? " serves" : "") +
            (host.fast_commits ? "" : ", commits on a thread") + (host.hides_changes ? ", no change feed" : "") +
            ", slow " + std::to_string(faults.slow) + " fails " + std::to_string(faults.fails) + " busy " +
            std::to_string(faults.busy) + " lost " + std::to_string(faults.written_and_lost) + "/" +
            std::to_string(faults.unwritten_and_lost) + " reads " + std::to_string(faults.read_fails) + ", " +
            std::to_string(host.max_concurrent_runs) + " runs at once";
    if (host.crash) {
      text += std::string(", crashes ") + (host.crash->written ? "after" : "before") + " commit " +
              std::to_string(host.crash->commit);
    }
    text += "\n";
  }
  text += "behaviours:";
  for (const Behaviour behaviour : plan.behaviours) text += " " + std::to_string(static_cast<int>(behaviour));
  for (const auto& caller : plan.callers) {
    text += "\ncaller:";
    for (const Operation& operation : caller) text += " " + describe(operation);
  }
  return text + "\n";
}

}  // namespace asmgr::simulation
