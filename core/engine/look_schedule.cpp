#include "core/engine/look_schedule.hpp"

#include <algorithm>
#include <functional>

namespace asmgr {
namespace {

constexpr std::int64_t kWhileLookingNs = 50'000'000;
// A row that is about to expire is not read again and again until it has.
constexpr std::int64_t kSoonestNs = 10'000'000;

}  // namespace

LookSchedule::Look LookSchedule::take(std::int64_t now_ns) {
  std::lock_guard lock(mutex_);
  if (looking_) return Look::nothing;
  Look look = Look::nothing;
  if (next_at_hosts_ns_ && now_ns >= *next_at_hosts_ns_) look = Look::at_hosts;
  if (now_ns >= next_for_work_ns_) look = Look::for_work;
  if (look == Look::nothing) return look;
  looking_ = true;
  next_at_hosts_ns_.reset();
  if (look == Look::for_work) next_for_work_ns_ = now_ns + every_ns_;
  return look;
}

LookSchedule::Look LookSchedule::take_now(std::int64_t now_ns) {
  {
    std::lock_guard lock(mutex_);
    next_for_work_ns_ = 0;
  }
  return take(now_ns);
}

std::int64_t LookSchedule::due_ns(std::int64_t now_ns) const {
  std::lock_guard lock(mutex_);
  if (looking_) return now_ns + kWhileLookingNs;  // what it finds may be due sooner than all that is known
  return std::min(next_for_work_ns_, next_at_hosts_ns_.value_or(next_for_work_ns_));
}

bool LookSchedule::saw(const std::vector<HostRow>& rows, std::string_view own_id, Timestamp store_now,
                       std::int64_t now_ns) {
  std::vector<std::string> living;
  std::lock_guard lock(mutex_);
  next_at_hosts_ns_.reset();
  for (const HostRow& row : rows) {
    if (!row.alive || row.id == own_id) continue;
    living.push_back(row.id);
    const std::int64_t left_ns = std::max((row.expires_at.us - store_now.us) * 1000, kSoonestNs);
    next_at_hosts_ns_ = std::min(next_at_hosts_ns_.value_or(now_ns + every_ns_), now_ns + left_ns);
  }
  const bool one_died = std::any_of(living_.begin(), living_.end(), [&](const std::string& id) {
    return std::find(living.begin(), living.end(), id) == living.end();
  });
  living_ = std::move(living);
  return one_died;
}

void LookSchedule::done() {
  std::lock_guard lock(mutex_);
  looking_ = false;
}

void LookSchedule::failed(std::int64_t now_ns) {
  std::lock_guard lock(mutex_);
  looking_ = false;
  next_for_work_ns_ = std::min(next_for_work_ns_, now_ns + every_ns_ / 3);
}

std::vector<std::string> in_turn_of(std::string_view host_id, std::vector<std::string> sessions) {
  if (sessions.empty()) return sessions;
  const auto first = static_cast<std::ptrdiff_t>(std::hash<std::string_view>()(host_id) % sessions.size());
  std::rotate(sessions.begin(), sessions.begin() + first, sessions.end());
  return sessions;
}

}  // namespace asmgr
