// One start of a router: its targets one after the other, until one has served the run or none is left.
//
// Targets are started by whoever carries the run out (RunChannel.next_target), so that what an attempt emitted comes
// before the start of the next, and a target that hangs in its start is noticed there.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/routing/target_board.hpp"

namespace asmgr {

class RouteAttempt;
class RoutedRun;

// What a router and its runs share; a run may outlive its router.
struct RouterParts {
  TargetBoard board;
  std::vector<std::shared_ptr<Provider>> providers;  // as many as the board's, in its order
  const Clock& clock;
  std::mutex mutex{};
  std::unordered_map<std::uint64_t, std::weak_ptr<RoutedRun>> runs{};  // under way, by their start
  StickySessions between_turns{kLongestPause};                         // by run: who asked for the tools that run now
  // A run whose tools take longer is on its own.
  static constexpr std::chrono::hours kLongestPause{24};
};

// Shared by the attempt under way and a start that is being waited for. When it goes without having finished, because
// whoever carried the run out is gone, it finishes then.
class RoutedRun : public std::enable_shared_from_this<RoutedRun> {
 public:
  // Who may serve, best first. `bound`: the run has begun with that one and stays, whatever its health.
  struct Plan {
    std::vector<std::size_t> order;
    bool bound = false;
  };
  // `context` lives until the run has finished.
  RoutedRun(std::shared_ptr<RouterParts> parts, const RunContext& context, Plan plan);
  ~RoutedRun();
  RoutedRun(const RoutedRun&) = delete;
  RoutedRun& operator=(const RoutedRun&) = delete;

  void begin() { next(std::nullopt); }
  void cancel() noexcept;
  // Null = none is under way.
  [[nodiscard]] std::shared_ptr<RouteAttempt> attempt() const;
  // Names of those who may serve, best first.
  [[nodiscard]] std::vector<std::string> candidates() const;
  // From the attempt under way, once.
  void attempt_finished(const RouteAttempt& attempt, FinishStatus status, std::string_view result_json);

 private:
  void next(std::optional<NextTarget::Failure> failure);
  void go(std::size_t target, const Result<std::uint64_t>& start);
  void start_target(std::size_t target, std::uint64_t start);
  [[nodiscard]] RunContext context_for(const ProviderInfo& target, std::uint64_t start) const;
  void attempt_failed(const RouteAttempt& attempt, std::string_view result_json);
  void settle(const RouteAttempt& attempt, const std::optional<Error>& failure);
  [[nodiscard]] bool may_go_on(const Error& error, bool shown) const;
  [[nodiscard]] bool is_cancelled() const noexcept;
  void finish(FinishStatus status, std::string_view result_json) noexcept;
  [[nodiscard]] std::string last_failure() const;
  [[nodiscard]] const ProviderInfo& info_of(std::size_t target) const { return *parts_->board.target(target).info; }

  const std::shared_ptr<RouterParts> parts_;
  const RunContext& context_;  // not touched once finished
  RunChannel& channel_;        // the same
  const std::uint64_t start_;
  const Plan plan_;

  // Used by one thread at a time, in the order of the attempts.
  std::size_t place_ = 0;                      // in the order, of who is next
  std::uint32_t started_ = 0;                  // targets
  std::optional<TargetBoard::Permit> permit_;  // of the attempt under way
  std::vector<NextTarget::Failure> failures_;

  std::atomic<bool> finished_{false};
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<RouteAttempt> attempt_;
};

}  // namespace asmgr
