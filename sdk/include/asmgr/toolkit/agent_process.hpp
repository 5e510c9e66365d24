// A program that speaks lines over its standard streams, run for the length of one provider run.
//
// Everything happens on the run's own thread, inside AgentProcess::run: lines come to the handler, tasks of other
// threads are carried out between them. A handler that takes long (an emit that waits for room) leaves the program's
// pipe to fill, so that the program waits too.
//
// Link asmgr::toolkit_agent.
#pragma once

#include <asmgr/toolkit/exec.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::agent {

// 0 = none. While `expect_silence(true)` holds, first_line and idle stand still.
struct AgentTimeouts {
  std::chrono::milliseconds first_line{0};  // from the start to the first line
  std::chrono::milliseconds idle{0};        // from one line to the next
  std::chrono::milliseconds total{0};       // of the whole run
};

struct AgentOptions {
  exec::Command command;  // stdin_source is the caller's choice: kEmpty for programs that only talk
  AgentTimeouts timeouts;
  std::size_t max_line_bytes = 64U * 1024 * 1024;
  std::size_t max_unsent_bytes = 64U * 1024 * 1024;  // written by us, not yet read by the program
  std::size_t stderr_tail_bytes = 64U * 1024;        // kept of stderr, from its end
  std::chrono::milliseconds interrupt_grace{1500};   // from the protocol's interrupt to the end of the tree
  std::chrono::milliseconds exit_grace{2000};        // from finish_up to the end of the tree
  std::chrono::milliseconds kill_grace{500};         // between SIGTERM and SIGKILL
};

enum class AgentEndCause {
  kNotStarted,   // see spawn_error
  kExited,       // by itself, or after finish_up
  kCancelled,    // cancel came before finish_up
  kNoFirstLine,  // timeouts
  kIdle,
  kTotal,
  kLineTooLong,   // see message
  kReadsNoInput,  // more than max_unsent_bytes were waiting
  kStopped,       // stop was called
  kGuardLost,     // somebody killed the guard of the tree
  kLimit,         // the tree passed a limit of the command; see limit
};

// What became of the program. By the time this is returned its whole tree has been ended.
struct AgentEnd {
  AgentEndCause cause = AgentEndCause::kExited;
  bool finished_up = false;        // finish_up was called: the conversation had come to its end
  std::optional<int> wait_status;  // of the program, as waitpid has it
  std::optional<exec::SpawnError> spawn_error;
  std::string message;                       // a sentence for causes that are failures; else empty
  std::string stderr_tail;                   // bytes; need not be UTF-8
  bool stderr_cut = false;                   // there was more
  std::uint64_t lines = 0;                   // that came
  std::optional<exec::Limit> limit;          // with kLimit
  std::optional<exec::Resources> resources;  // that the tree used; none when they are not known
  std::uint64_t output_bytes = 0;            // that the program wrote to stdout and stderr
  bool tree_gone = true;                     // false: something did not even end by SIGKILL
};

// The conversation. Called on the run's thread only; throws nothing.
class AgentHandler {
 public:
  virtual ~AgentHandler() = default;
  // The program runs: what is to be said first.
  virtual void on_start() {}
  // A line without its end; need be neither JSON nor UTF-8.
  virtual void on_line(std::string_view line) = 0;
  // Once, when the run is cancelled: ask the program to stop in its own words and answer true; it then has
  // interrupt_grace to get to finish_up. False: its tree is ended now.
  virtual bool on_cancel() { return false; }
};

// Make one on the run's thread, let other threads know of it (LiveRuns), then call run.
class AgentProcess {
 public:
  explicit AgentProcess(AgentOptions options);
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;
  ~AgentProcess();

  // Any thread, also before run. Idempotent; never waits.
  void cancel() noexcept;
  // Any thread, also before run. Carried out on the run's thread in the order of the calls; dropped when the program
  // has ended by then. Must not throw.
  void post(std::function<void()> task);

  // The run's thread, once. Starts the program and returns when it and all that it started are gone.
  // `cancelled` is looked at on every wake-up and every 50 ms, for a host whose cancel call comes late.
  AgentEnd run(AgentHandler& handler, const std::function<bool()>& cancelled);

  // The rest: the run's thread, from inside a callback or task.

  // Queues a line; the line end is added. Nothing happens once stdin is closed.
  void write_line(std::string_view line);
  // The program reads end of file after what is queued.
  void close_stdin();
  // The conversation is over: close_stdin, then the program has exit_grace to leave.
  void finish_up();
  // Ends the tree now (SIGTERM, kill_grace, SIGKILL): the program broke the rules, or nobody listens any more.
  void stop(std::string message);
  // The program is not expected to speak: it runs a tool or waits for an answer of ours.
  void expect_silence(bool silent) noexcept;

 private:
  class Pump;

  void run_tasks();

  AgentOptions options_;
  exec::Fd wake_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;  // guarded by mutex_
  bool over_ = false;                         // guarded by mutex_: no task is taken any more
  Pump* pump_ = nullptr;                      // while run is inside
};

// The live runs of a provider, so that calls from other threads (cancel, resolve, inject) find theirs.
template <typename Entry>
class LiveRuns {
 public:
  // Known from here to the end of the scope. `entry` outlives it.
  class Scope {
   public:
    Scope(LiveRuns& runs, std::uint64_t start, Entry& entry) : runs_(runs), start_(start) {
      const std::lock_guard<std::mutex> lock(runs_.mutex_);
      runs_.entries_[start_] = &entry;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() {
      const std::lock_guard<std::mutex> lock(runs_.mutex_);
      runs_.entries_.erase(start_);
    }

   private:
    LiveRuns& runs_;
    std::uint64_t start_;
  };

  // Any thread. Calls use(Entry&) while the run cannot end, and so must not wait; false when there is no such run.
  template <typename Use>
  bool with(std::uint64_t start, Use&& use) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = entries_.find(start);
    if (found == entries_.end()) return false;
    use(*found->second);
    return true;
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, Entry*> entries_;
};

// The native session of each start, during its run and for a while after: what ProviderResume::token answers.
// Any thread.
class RecentSessions {
 public:
  void note(std::uint64_t start, std::string_view session_id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    sessions_[start] = std::string(session_id);
    if (sessions_.size() > kKept) sessions_.erase(sessions_.begin());  // starts only grow
  }
  // Empty when it is not known.
  [[nodiscard]] std::string of(std::uint64_t start) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = sessions_.find(start);
    return found == sessions_.end() ? std::string() : found->second;
  }

 private:
  static constexpr std::size_t kKept = 4096;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> sessions_;
};

}  // namespace asmgr::agent
