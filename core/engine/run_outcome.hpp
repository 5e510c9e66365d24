// Who waits for the end of a run, apart from the run itself: the waiters survive a session's runtime that had to be
// given up.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/engine/options.hpp"
#include "core/model/time.hpp"

namespace asmgr {

// A detail of an error: the run waits on, durably, and nothing of it was carried out here.
inline constexpr std::string_view kNotBegun = "not_begun";

// Settled once; a handler added afterwards is called at once.
class RunOutcome {
 public:
  using Waiter = std::function<void(const Result<RunResult>&)>;
  void when_settled(Waiter waiter);
  // The first settles, later ones change nothing.
  void settle(Result<RunResult> result);

 private:
  std::mutex mutex_;
  std::vector<Waiter> waiters_;
  std::optional<Result<RunResult>> result_;
};

class RunOutcomes {
 public:
  // Results of runs that have ended, for who asks late: at most so many, for at most so long. After that the store has
  // what is durable of them.
  static constexpr std::size_t kKept = 256;
  static constexpr std::chrono::minutes kKeptFor{15};
  explicit RunOutcomes(const Clock& clock) : clock_(clock) {}

  // The outcome of a run that is being executed, made when there is none.
  [[nodiscard]] std::shared_ptr<RunOutcome> get(const std::string& run_id);
  [[nodiscard]] std::shared_ptr<RunOutcome> find(const std::string& run_id);
  // Settles and forgets, but for a result that is kept for a while.
  void settle(const std::string& run_id, Result<RunResult> result);
  [[nodiscard]] std::optional<RunResult> kept(const std::string& run_id);
  [[nodiscard]] std::size_t size();

 private:
  struct Kept {
    std::int64_t since_ns = 0;
    RunResult result;
  };
  void keep(const RunResult& result);
  void forget_old();

  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<RunOutcome>> outcomes_;
  std::deque<Kept> kept_;  // the oldest first
};

}  // namespace asmgr
