#include "core/routing/sticky_sessions.hpp"

namespace asmgr {

void StickySessions::keep(const std::string& session_id, std::size_t target, std::int64_t now_ns) {
  purge(now_ns);
  if (ttl_.count() <= 0 || session_id.empty()) return;
  const std::int64_t until = now_ns + std::chrono::nanoseconds(ttl_).count();
  if (const auto known = by_session_.find(session_id); known != by_session_.end()) {
    known->second->target = target;
    known->second->until_ns = until;
    entries_.splice(entries_.end(), entries_, known->second);
    return;
  }
  entries_.push_back({session_id, target, until});
  by_session_.emplace(entries_.back().session_id, std::prev(entries_.end()));
}

std::optional<std::size_t> StickySessions::target_of(std::string_view session_id, std::int64_t now_ns) const {
  const auto known = by_session_.find(session_id);
  if (known == by_session_.end() || known->second->until_ns <= now_ns) return std::nullopt;
  return known->second->target;
}

void StickySessions::purge(std::int64_t now_ns) {
  while (!entries_.empty() && entries_.front().until_ns <= now_ns) {
    by_session_.erase(entries_.front().session_id);
    entries_.pop_front();
  }
}

}  // namespace asmgr
