// What happens in one history, drawn from its seed: hosts and their stores, sessions, what agents do and what callers
// ask for. The same seed makes the same plan; which thread comes first is the machine's own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/faulty_store.hpp"

namespace asmgr::simulation {

// What an agent does with a run.
enum class Behaviour : std::uint8_t {
  answers,       // a few pieces of text, completed, with its usage
  talks_long,    // hundreds of pieces, without waiting for room
  counts_usage,  // usage in pieces only
  fails,
  finishes_twice,      // and goes on talking afterwards
  finishes_in_a_race,  // two threads, two answers
  repeats_event_ids,   // within a batch, across batches and across runs
  sends_nonsense,      // events that are the engine's, that cannot be read or that nobody knows
  waits_for_cancel,
  ignores_cancel,  // comes back when the history is over
  says_nothing,    // until its idle time is over
  uses_tools,      // asks, is allowed, completes; starts one twice; leaves one open
  ends_itself,     // says run_completed in an event before it fails
  does_not_start,
  finishes_at_once,  // inside start
};
inline constexpr std::size_t kBehaviours = 15;

enum class Verb : std::uint8_t {
  start_run,
  execute,
  begin_execute,
  submit,
  await,
  cancel,
  interrupt,
  cancel_for_approval,
  run_once,
  pause,
  resume,
  activate,
  complete,
  fail,
  cancel_session,
  delete_session,
  start_session,
  read_session,
  read_run,
  read_log,
  kill_host,
  forget_host,
};

struct Operation {
  Verb verb = Verb::read_session;
  std::size_t host = 0;
  std::size_t session = 0;
  std::size_t run = 0;
  std::uint32_t pause_us = 0;  // before it
  bool callback = false;
  bool second_try = false;  // for deletions: with force
};

struct HostPlan {
  StoreFaults faults;
  std::optional<CrashPoint> crash;
  std::uint64_t seed = 0;
  bool serves = false;
  bool fast_commits = true;
  bool hides_changes = false;
  std::uint32_t max_concurrent_runs = 1;
  std::uint32_t max_queued_runs = 100;
  std::uint32_t max_parallel_runs = 1000;
  std::uint32_t store_retry_ms = 400;
};

struct HistoryPlan {
  std::uint64_t seed = 0;
  std::vector<HostPlan> hosts;
  std::size_t sessions = 1;
  std::size_t runs = 1;                         // in all; run i belongs to session i % sessions
  std::vector<Behaviour> behaviours;            // by run
  std::vector<std::vector<Operation>> callers;  // one thread each
  std::vector<std::size_t> watched;             // host that watches session i, beyond hosts = nobody
  bool resumes_in_the_end = true;
  bool ends_hosts_cleanly = true;

  [[nodiscard]] static HistoryPlan draw(std::uint64_t seed);
  [[nodiscard]] std::string session_id(std::size_t index) const { return "ses_" + std::to_string(index); }
  [[nodiscard]] std::string run_id(std::size_t index) const { return "run_" + std::to_string(index); }
  [[nodiscard]] std::size_t session_of(std::size_t run) const { return run % sessions; }
};

[[nodiscard]] const char* name_of(Verb verb) noexcept;
// For whoever has to understand a failed history.
[[nodiscard]] std::string describe(const Operation& operation);
[[nodiscard]] std::string describe(const HistoryPlan& plan);

}  // namespace asmgr::simulation
