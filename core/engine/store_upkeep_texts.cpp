// The steps that take texts out of logs: superseded deltas, then what is above a cap.
#include <algorithm>
#include <tuple>

#include "core/engine/delta_pass.hpp"
#include "core/engine/session_sizes.hpp"
#include "core/engine/store_upkeep.hpp"
#include "core/retention/session_age.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kOldestAtOnce = 1000;

}  // namespace

bool StoreUpkeep::may_lose_texts(const Session& session) const {
  return session.agent_id != kAuditAgent && !keeps_texts(session, policy_);
}

Result<std::uint64_t> StoreUpkeep::shorten(const std::string& session_id, const HowMany& how_many) {
  auto session = host_.store().get_session({}, session_id);
  auto head = session ? host_.store().head(session_id) : Result<Head>(session.error());
  if (!head && head.error().code() == ErrorCode::session_not_found) return std::uint64_t{0};
  if (!head) return head.error();
  if (!may_lose_texts(*session)) return std::uint64_t{0};
  const StoredLog log{&host_, std::move(*session), std::move(*head)};
  LogPruner pruner(log, policy_);
  if (auto looked = pruner.look(); !looked) return looked.error();
  const std::uint64_t planned = how_many(pruner.count());
  if (dry()) return plan(session_id, pruner.count(), planned);
  if (planned == 0) return planned;
  if (auto kept = keep_copy(log); !kept) return kept.error();
  AuditAct act{.what = "session_pruned", .by = options_.caller, .session_id = session_id};
  act.details["agent_id"] = log.session.agent_id;
  act.details["events"] = planned;
  act.details["last_sequence"] = log.head.last_sequence;
  act.details["archived"] = archive_ != nullptr;
  if (auto noted = put_on_record(act); !noted) return noted.error();
  auto pruned = pruner.prune(planned, maintenance_, cancel_);
  if (!pruned) {
    take_back(act, pruned.error());
    return pruned;
  }
  count_pruned(pruner.count(), 0, *pruned);
  return pruned;
}

// The log still has what the steps before would have taken; they go by the same ranks, so those are the first of these.
std::uint64_t StoreUpkeep::plan(const std::string& session_id, const PruneCount& count, std::uint64_t number) {
  const auto taken = taken_.find(session_id);
  const std::uint64_t before = taken == taken_.end() ? 0 : taken->second;
  if (number <= before) return 0;
  if (before == 0 && archive_ != nullptr) ++report_.archived;
  count_pruned(count, before, number);
  taken_[session_id] = number;
  return number - before;
}

void StoreUpkeep::count_pruned(const PruneCount& count, std::uint64_t before, std::uint64_t now) {
  report_.events_pruned += now - before;
  report_.deltas_pruned += count.deltas_among(now) - count.deltas_among(before);
}

Result<void> StoreUpkeep::drop_superseded_deltas() {
  if (!policy_.drop_superseded_deltas) return {};
  const Timestamp began = engine_.clock().now();
  auto last = DeltaPass::last(host_, policy_);
  if (!last) return last.error();
  bool whole = true;
  const auto drop = [&](const Session& session) -> Result<void> {
    if (!may_lose_texts(session) || would_be_removed(session.id)) return {};
    auto seen = last->has_seen(session);
    if (!seen) return seen.error();
    if (*seen) return {};
    auto pruned = shorten(session.id, [](const PruneCount& count) { return count.superseded; });
    if (!pruned) return pruned.error();
    return {};
  };
  auto listed = each_session({}, [&](const Session& session) {
    auto dropped = drop(session);
    whole = whole && dropped;
    return dropped;
  });
  if (!listed) return listed;
  if (dry() || ended() || !whole) return {};
  return last->followed_by(began);
}

Result<void> StoreUpkeep::shorten_long_logs() {
  if (!policy_.max_events_per_session) return {};
  const std::uint64_t cap = *policy_.max_events_per_session;
  SessionSizes sizes(maintenance_);
  while (!ended()) {
    auto size = sizes.next();
    if (!size) return size.error();
    if (!*size) return {};
    const std::string& id = (*size)->session_id;
    if ((*size)->events <= cap || would_be_removed(id)) continue;
    auto pruned = shorten(id, [cap](const PruneCount& count) { return count.to_prune(cap); });
    if (!pruned) failed(Error(pruned.error()).with_context("session " + id));
  }
  return {};
}

Result<std::vector<StoreUpkeep::Candidate>> StoreUpkeep::oldest_after(const Candidate& after) {
  std::vector<Candidate> oldest;  // a heap, the youngest on top
  SessionSizes sizes(maintenance_);
  std::optional<Error> problem;
  auto listed = each_session({}, [&](const Session& session) -> Result<void> {
    if (problem || !may_lose_texts(session)) return {};
    Candidate candidate{session.updated_at, session.id, 0};
    // The texts are not compared: they go while this goes on.
    if (std::tie(candidate.changed, candidate.id) <= std::tie(after.changed, after.id)) return {};
    auto texts = sizes.texts_of(session.id);
    if (!texts) return problem = texts.error(), Result<void>();
    candidate.texts = *texts;
    if (candidate.texts == 0) return {};
    oldest.push_back(std::move(candidate));
    std::push_heap(oldest.begin(), oldest.end());
    if (oldest.size() <= kOldestAtOnce) return {};
    std::pop_heap(oldest.begin(), oldest.end());
    oldest.pop_back();
    return {};
  });
  if (!listed) return listed.error();
  if (problem) return *problem;
  std::sort_heap(oldest.begin(), oldest.end());
  return oldest;
}

Result<void> StoreUpkeep::shrink_to_total() {
  if (!policy_.max_total_events) return {};
  auto size = maintenance_.measure();
  if (!size) return size.error();
  const std::uint64_t texts = size->events - std::min(size->events, size->pruned_events);
  std::uint64_t excess = texts > *policy_.max_total_events ? texts - *policy_.max_total_events : 0;
  if (dry()) excess -= std::min(excess, report_.events_pruned + texts_of_removed_);
  Candidate last;
  while (excess != 0 && !ended()) {
    auto oldest = oldest_after(last);
    if (!oldest) return oldest.error();
    if (oldest->empty()) return {};
    for (const Candidate& candidate : *oldest) {
      last = candidate;
      if (excess == 0 || ended()) break;
      const auto taken = taken_.find(candidate.id);
      const std::uint64_t already = taken == taken_.end() ? 0 : taken->second;
      if (already >= candidate.texts) continue;  // of a dry run: it would be gone
      const std::uint64_t left = candidate.texts - already;
      const std::uint64_t cap = left - std::min(left, excess);
      auto pruned = shorten(candidate.id, [cap](const PruneCount& count) { return count.to_prune(cap); });
      if (!pruned) {
        failed(Error(pruned.error()).with_context("session " + candidate.id));
        continue;
      }
      excess -= std::min(excess, *pruned);
    }
  }
  return {};
}

}  // namespace asmgr
