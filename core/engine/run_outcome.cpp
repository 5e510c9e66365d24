#include "core/engine/run_outcome.hpp"

#include <algorithm>

namespace asmgr {

void RunOutcome::when_settled(Waiter waiter) {
  {
    std::lock_guard lock(mutex_);
    if (!result_) {
      waiters_.push_back(std::move(waiter));
      return;
    }
  }
  waiter(*result_);
}

void RunOutcome::settle(Result<RunResult> result) {
  std::vector<Waiter> waiters;
  {
    std::lock_guard lock(mutex_);
    if (result_) return;
    result_ = std::move(result);
    waiters.swap(waiters_);
  }
  for (const Waiter& waiter : waiters) waiter(*result_);
}

std::shared_ptr<RunOutcome> RunOutcomes::get(const std::string& run_id) {
  std::lock_guard lock(mutex_);
  auto& slot = outcomes_[run_id];
  if (slot == nullptr) slot = std::make_shared<RunOutcome>();
  return slot;
}

std::shared_ptr<RunOutcome> RunOutcomes::find(const std::string& run_id) {
  std::lock_guard lock(mutex_);
  auto at = outcomes_.find(run_id);
  return at == outcomes_.end() ? nullptr : at->second;
}

void RunOutcomes::settle(const std::string& run_id, Result<RunResult> result) {
  std::shared_ptr<RunOutcome> outcome;
  {
    std::lock_guard lock(mutex_);
    if (result && result->status != RunStatus::running) keep(*result);  // one that is parked goes on
    auto at = outcomes_.find(run_id);
    if (at == outcomes_.end()) return;
    outcome = at->second;
    outcomes_.erase(at);
  }
  outcome->settle(std::move(result));
}

void RunOutcomes::keep(const RunResult& result) {
  kept_.push_back({clock_.monotonic_ns(), result});
  forget_old();
}

void RunOutcomes::forget_old() {
  const std::int64_t oldest = clock_.monotonic_ns() - std::chrono::nanoseconds(kKeptFor).count();
  while (!kept_.empty() && (kept_.size() > kKept || kept_.front().since_ns < oldest)) kept_.pop_front();
}

std::optional<RunResult> RunOutcomes::kept(const std::string& run_id) {
  std::lock_guard lock(mutex_);
  forget_old();
  const auto at =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& known) { return known.result.run_id == run_id; });
  return at == kept_.end() ? std::nullopt : std::optional(at->result);
}

std::size_t RunOutcomes::size() {
  std::lock_guard lock(mutex_);
  return outcomes_.size();
}

}  // namespace asmgr
