// Search of sessions and runs: every row is looked at, the first of them are kept. A row is looked at again before it
// is answered, because the lock is let go of in between.
#include "row_walk.hpp"

namespace asmgr::memory_store {
namespace {

using store_query::RunFilter;
using store_query::RunOrder;
using store_query::SessionFilter;
using store_query::SessionOrder;

bool has_status(std::uint32_t mask, std::uint32_t status) {
  return mask == 0 || (status < 32 && (mask & (1u << status)) != 0);
}

// Whether the sorted list is empty, and so no condition, or has the text.
bool is_among(const std::vector<std::string>& list, std::string_view text) {
  return list.empty() || std::binary_search(list.begin(), list.end(), text, std::less<>());
}

std::int64_t sort_value(SessionOrder order, const SessionRow& row) {
  return order == SessionOrder::updated_desc ? row.updated_us : row.created_us;
}

std::int64_t sort_value(RunOrder order, const RunRow& row) {
  return order == RunOrder::tokens_desc ? row.facts.tokens.back() : row.started_us;
}

}  // namespace

bool MemoryStore::found_by(const SessionFilter& filter, std::string_view tenant, const Session& session) const {
  const SessionRow& row = session.row;
  if (!tenant.empty() && row.tenant != tenant) return false;
  if (!filter.include_deleted && row.deleted_us != 0) return false;
  if (!filter.agent_id.empty() && row.agent_id != filter.agent_id) return false;
  if (!filter.not_agent_id.empty() && row.agent_id == filter.not_agent_id) return false;
  if (!has_status(filter.status_mask, row.status) || !filter.created.has(row.created_us)) return false;
  if (!std::includes(row.tags.begin(), row.tags.end(), filter.tags.begin(), filter.tags.end())) return false;
  return filter.providers.empty() || std::any_of(session.runs.begin(), session.runs.end(), [&](const std::string& run) {
           return is_among(filter.providers, tables_.runs.at(run).provider);
         });
}

bool MemoryStore::found_by(const RunFilter& filter, std::string_view tenant, const RunRow& run) const {
  if (!filter.session_id.empty() && run.session_id != filter.session_id) return false;
  if (!has_status(filter.status_mask, run.status) || !is_among(filter.providers, run.provider)) return false;
  if (!filter.started.is_any() && (run.started_us == 0 || !filter.started.has(run.started_us))) return false;
  if (run.facts.tokens.back() < filter.min_tokens) return false;
  const Session* session = visible(tenant, run.session_id);
  if (session == nullptr || session->row.deleted_us != 0) return false;
  return filter.not_agent_id.empty() || session->row.agent_id != filter.not_agent_id;
}

void MemoryStore::search_sessions(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                                  sdk::ItemSink<asmgr_session>& rows, sdk::TextSink& next_cursor) {
  const SessionFilter filter = store_query::read_session_filter(filter_json);
  FirstPlaces places(filter.limit, is_descending(filter.order), cursor);
  walk_rows(tables_.sessions, [&](const std::unique_ptr<Session>& session) {
    if (found_by(filter, tenant, *session)) places.add(sort_value(filter.order, session->row), session->row.id);
  });
  for (const auto& place : places.take()) {
    const std::shared_lock lock(tables_mutex_);
    const Session* session = tables_.find_session(place.id);
    if (session != nullptr && found_by(filter, tenant, *session) && !rows.push(session->row.to_abi())) return;
  }
  if (const auto next = places.next_cursor()) next_cursor.push(*next);
}

template <typename Visit>
void MemoryStore::walk_runs(const RunFilter& filter, std::string_view tenant, Visit visit) const {
  const auto look_at = [&](const RunRow& run) {
    if (found_by(filter, tenant, run)) visit(run);
  };
  if (filter.session_id.empty()) return walk_rows(tables_.runs, look_at);
  const std::shared_lock lock(tables_mutex_);
  const Session* session = tables_.find_session(filter.session_id);
  if (session == nullptr) return;
  for (const std::string& id : session->runs) look_at(tables_.runs.at(id));
}

void MemoryStore::search_runs(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                              sdk::ItemSink<asmgr_run>& rows, sdk::TextSink& next_cursor) {
  const RunFilter filter = store_query::read_run_filter(filter_json);
  FirstPlaces places(filter.limit, is_descending(filter.order), cursor);
  walk_runs(filter, tenant, [&](const RunRow& run) { places.add(sort_value(filter.order, run), run.id); });
  for (const auto& place : places.take()) {
    const std::shared_lock lock(tables_mutex_);
    const auto run = tables_.runs.find(place.id);
    if (run != tables_.runs.end() && found_by(filter, tenant, run->second) && !rows.push(run->second.to_abi())) return;
  }
  if (const auto next = places.next_cursor()) next_cursor.push(*next);
}

std::string MemoryStore::summarize(std::string_view tenant, std::string_view what, std::string_view filter_json) {
  if (what == "session") return session_stats(tenant, store_query::read_session_id(filter_json));
  if (what == "usage") return usage(tenant, store_query::read_usage_filter(filter_json));
  std::uint64_t count = 0;
  if (what == "sessions") {
    const SessionFilter filter = store_query::read_session_filter(filter_json);
    walk_rows(tables_.sessions, [&](const std::unique_ptr<Session>& session) {
      if (found_by(filter, tenant, *session)) ++count;
    });
  } else if (what == "runs") {
    walk_runs(store_query::read_run_filter(filter_json), tenant, [&](const RunRow&) { ++count; });
  } else if (what == "events") {
    walk_events(store_query::read_event_filter(filter_json), tenant, {}, 1, [&](const asmgr_event&) {
      ++count;
      return true;
    });
  } else {
    sdk::refuse_query_of(what);
  }
  return store_query::count_json(count);
}

}  // namespace asmgr::memory_store
