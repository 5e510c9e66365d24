#include "core/retention/session_age.hpp"

#include <algorithm>

namespace asmgr {
namespace {

constexpr std::int64_t kMicrosecondsPerDay = 86'400'000'000;

bool is_older(Timestamp time, const std::optional<std::uint64_t>& days, Timestamp now) {
  return days && time < days_before(now, *days);
}

}  // namespace

Timestamp days_before(Timestamp now, std::uint64_t days) noexcept {
  const std::uint64_t bounded = std::min(days, kMaxRetentionDays);
  return {now.us - static_cast<std::int64_t>(bounded) * kMicrosecondsPerDay};
}

bool keeps_texts(const Session& session, const RetentionPolicy& policy) {
  return std::any_of(session.tags.begin(), session.tags.end(), [&policy](const std::string& tag) {
    return std::find(policy.exempt_tags.begin(), policy.exempt_tags.end(), tag) != policy.exempt_tags.end();
  });
}

SessionFate fate_of(const Session& session, const RetentionPolicy& policy, Timestamp now) {
  if (session.deleted_at.is_set()) {
    return is_older(session.deleted_at, policy.hard_delete_after_days, now) ? SessionFate::hard_delete
                                                                            : SessionFate::stays;
  }
  const auto& exempt = policy.exempt_statuses;
  if (std::find(exempt.begin(), exempt.end(), session.status) != exempt.end()) return SessionFate::stays;
  if (keeps_texts(session, policy)) return SessionFate::stays;
  const bool completed_long_ago =
      is_terminal(session.status) && is_older(session.updated_at, policy.max_completed_session_age_days, now);
  const bool old = completed_long_ago || is_older(session.updated_at, policy.max_session_age_days, now);
  return old ? SessionFate::soft_delete : SessionFate::stays;
}

}  // namespace asmgr
