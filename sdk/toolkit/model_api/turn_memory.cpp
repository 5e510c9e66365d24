#include "turn_memory.hpp"

#include <utility>

namespace asmgr::model_api {

void TurnMemory::remember(const std::string& run_id, RememberedTurn turn) {
  if (turn.verbatim.empty() || turn.verbatim.size() > limit_) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = by_id_.find(run_id);
  if (known == by_id_.end()) {
    runs_.push_front(OfRun{run_id, {}, 0});
    by_id_[run_id] = runs_.begin();
  } else {
    runs_.splice(runs_.begin(), runs_, known->second);
  }
  OfRun& run = runs_.front();
  run.bytes += turn.verbatim.size();
  bytes_ += turn.verbatim.size();
  run.turns.push_back(std::move(turn));
  while (bytes_ > limit_) erase(std::prev(runs_.end()));
}

std::vector<RememberedTurn> TurnMemory::of(const std::string& run_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = by_id_.find(run_id);
  if (known == by_id_.end()) return {};
  runs_.splice(runs_.begin(), runs_, known->second);
  return known->second->turns;
}

void TurnMemory::forget(const std::string& run_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = by_id_.find(run_id);
  if (known != by_id_.end()) erase(known->second);
}

void TurnMemory::erase(Runs::iterator run) {
  bytes_ -= run->bytes;
  by_id_.erase(run->run_id);
  runs_.erase(run);
}

}  // namespace asmgr::model_api
