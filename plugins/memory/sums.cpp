// Sums of one session and of usage.
#include <map>
#include <set>

#include "row_walk.hpp"

namespace asmgr::memory_store {
namespace {

using store_query::UsageFilter;
using store_query::UsageKey;

bool counts_for(const UsageFilter& filter, std::string_view tenant, const RunRow& run, const SessionRow& session) {
  if (run.started_us == 0 || !filter.started.has(run.started_us)) return false;
  if (!filter.session_id.empty() && run.session_id != filter.session_id) return false;
  if (!filter.providers.empty() && !std::binary_search(filter.providers.begin(), filter.providers.end(), run.provider))
    return false;
  if (!tenant.empty() && session.tenant != tenant) return false;
  if (!filter.agent_id.empty() && session.agent_id != filter.agent_id) return false;
  return std::includes(session.tags.begin(), session.tags.end(), filter.tags.begin(), filter.tags.end());
}

std::string group_key(UsageKey key, const RunRow& run, const SessionRow& session, const std::string& tag) {
  switch (key) {
    case UsageKey::provider:
      return run.provider;
    case UsageKey::model:
      return run.facts.model;
    case UsageKey::agent:
      return session.agent_id;
    case UsageKey::tag:
      return tag;
    case UsageKey::day:
      return store_query::day_of(run.started_us);
  }
  return {};
}

}  // namespace

std::string MemoryStore::session_stats(std::string_view tenant, std::string_view id) const {
  const std::shared_lock lock(tables_mutex_);
  const Session* session = visible(tenant, id);
  if (session == nullptr || session->row.deleted_us != 0)
    throw sdk::StatusError(ASMGR_E_SESSION_NOT_FOUND, "there is no session '" + std::string(id) + "'");
  store_query::SessionStats stats;
  stats.events = session->head.last_seq;
  if (const asmgr_event* first = session->log.find(1)) stats.first_event_us = first->time_us;
  if (const asmgr_event* last = session->log.last()) stats.last_event_us = last->time_us;
  std::set<std::string> providers;
  for (const std::string& run_id : session->runs) {
    const RunRow& run = tables_.runs.at(run_id);
    ++stats.runs;
    if (run.status < stats.runs_by_status.size()) ++stats.runs_by_status[run.status];
    for (std::size_t i = 0; i < store_query::kTokenSums; ++i) stats.tokens[i] += run.facts.tokens[i];
    if (!run.provider.empty()) providers.insert(run.provider);
  }
  stats.providers.assign(providers.begin(), providers.end());
  return store_query::stats_json(stats);
}

std::string MemoryStore::usage(std::string_view tenant, const UsageFilter& filter) const {
  static const std::vector<std::string> untagged = {""};
  const bool by_tag = std::find(filter.by.begin(), filter.by.end(), UsageKey::tag) != filter.by.end();
  std::map<std::vector<std::string>, store_query::UsageSums> sums;
  walk_rows(tables_.runs, [&](const RunRow& run) {
    const Session* session = tables_.find_session(run.session_id);
    if (session == nullptr || !counts_for(filter, tenant, run, session->row)) return;
    for (const std::string& tag : by_tag && !session->row.tags.empty() ? session->row.tags : untagged) {
      std::vector<std::string> keys;
      for (const UsageKey key : filter.by) keys.push_back(group_key(key, run, session->row, tag));
      sums[std::move(keys)].add(run.facts);
    }
  });
  std::vector<store_query::UsageGroup> groups;
  groups.reserve(sums.size());
  for (auto& [keys, sum] : sums) groups.push_back({keys, sum});
  return store_query::usage_json(filter.by, groups);
}

}  // namespace asmgr::memory_store
