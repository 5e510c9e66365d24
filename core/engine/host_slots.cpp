#include "core/engine/host_slots.hpp"

#include <algorithm>

namespace asmgr {

bool HostSlots::fits(const std::string& session_id) const {
  return runs_ < max_runs_ && (by_session_.contains(session_id) || by_session_.size() < max_sessions_);
}

void HostSlots::take(const std::string& session_id) {
  ++runs_;
  ++by_session_[session_id];
}

void HostSlots::drop(const std::string& session_id) {
  --runs_;
  const auto at = by_session_.find(session_id);
  if (--at->second == 0) by_session_.erase(at);
}

std::optional<HostSlots::Lease> HostSlots::acquire(const std::string& session_id, std::function<void()> ready) {
  const std::lock_guard lock(mutex_);
  if (const auto kept = kept_.find(session_id); kept != kept_.end()) {
    if (--kept->second == 0) kept_.erase(kept);
    return Lease(*this, session_id);
  }
  if (line_.empty() && fits(session_id)) {
    take(session_id);
    return Lease(*this, session_id);
  }
  const bool in_line =
      std::any_of(line_.begin(), line_.end(), [&](const Waiter& w) { return w.session_id == session_id; });
  if (!in_line) line_.push_back({session_id, std::move(ready)});
  return std::nullopt;
}

std::deque<std::function<void()>> HostSlots::serve_line() {
  std::deque<std::function<void()>> told;
  while (!line_.empty() && fits(line_.front().session_id)) {
    take(line_.front().session_id);
    ++kept_[line_.front().session_id];
    told.push_back(std::move(line_.front().ready));
    line_.pop_front();
  }
  return told;
}

void HostSlots::release(const std::string& session_id) {
  std::deque<std::function<void()>> told;
  {
    const std::lock_guard lock(mutex_);
    drop(session_id);
    told = serve_line();
  }
  for (const auto& ready : told) ready();
}

void HostSlots::pass(const std::string& session_id) {
  std::deque<std::function<void()>> told;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(line_, [&](const Waiter& waiter) { return waiter.session_id == session_id; });
    if (const auto kept = kept_.find(session_id); kept != kept_.end()) {
      for (; kept->second != 0; --kept->second) drop(session_id);
      kept_.erase(kept);
    }
    told = serve_line();
  }
  for (const auto& ready : told) ready();
}

void HostSlots::set_limits(std::size_t max_sessions, std::size_t max_runs) {
  std::deque<std::function<void()>> told;
  {
    const std::lock_guard lock(mutex_);
    max_sessions_ = max_sessions;
    max_runs_ = max_runs;
    told = serve_line();
  }
  for (const auto& ready : told) ready();
}

HostSlots::Status HostSlots::status() {
  const std::lock_guard lock(mutex_);
  return {by_session_.size(), runs_, line_.size()};
}

}  // namespace asmgr
