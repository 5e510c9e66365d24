// Search of events across sessions.
#include "row_walk.hpp"

namespace asmgr::memory_store {
namespace {

using sdk::view;
using store_query::EventFilter;
using store_query::EventOrder;

constexpr std::size_t kLookedAtPerLock = 512;

bool has_text(const std::vector<std::string>& sorted, std::string_view text) {
  return sorted.empty() || std::binary_search(sorted.begin(), sorted.end(), text, std::less<>());
}

bool wants_session(const EventFilter& filter, std::string_view tenant, const SessionRow& row) {
  if (!tenant.empty() && row.tenant != tenant) return false;
  if (row.deleted_us != 0 || !has_text(filter.session_ids, row.id)) return false;
  return filter.not_agent_id.empty() || row.agent_id != filter.not_agent_id;
}

bool wants_event(const EventFilter& filter, const asmgr_event& event) {
  return filter.time.has(event.time_us) && has_text(filter.run_ids, view(event.run_id)) &&
         has_text(filter.types, view(event.type_name)) && has_text(filter.providers, view(event.provider)) &&
         (filter.correlation_id.empty() || filter.correlation_id == view(event.correlation_id));
}

}  // namespace

void MemoryStore::walk_events(const EventFilter& filter, std::string_view tenant, std::string id, std::uint64_t seq,
                              const std::function<bool(const asmgr_event&)>& visit) const {
  bool over = false;
  while (!over) {
    const std::shared_lock lock(tables_mutex_);
    std::size_t looked_at = 0;
    auto at = tables_.sessions.lower_bound(id);
    for (; at != tables_.sessions.end() && looked_at < kLookedAtPerLock; ++at, ++looked_at) {
      if (at->first != id) seq = 1;
      id = at->first;
      if (!wants_session(filter, tenant, at->second->row)) continue;
      const EventLog& log = at->second->log;
      const asmgr_event* event = log.find(seq);
      for (; event != nullptr && looked_at < kLookedAtPerLock; event = log.find(++seq), ++looked_at) {
        if (wants_event(filter, *event) && !visit(*event)) return;
      }
      if (event != nullptr) break;  // goes on here under the next lock
    }
    over = at == tables_.sessions.end();
  }
}

void MemoryStore::search_in_time(const EventFilter& filter, std::string_view tenant, std::string_view cursor,
                                 sdk::ItemSink<asmgr_event>& rows, sdk::TextSink& next_cursor) const {
  FirstPlaces places(filter.limit, is_descending(filter.order), cursor);
  walk_events(filter, tenant, {}, 1, [&](const asmgr_event& event) {
    places.add(event.time_us, view(event.session_id), event.seq);
    return true;
  });
  for (const auto& place : places.take()) {
    const std::shared_lock lock(tables_mutex_);
    const Session* session = tables_.find_session(place.id);
    const asmgr_event* event = session == nullptr ? nullptr : session->log.find(place.number);
    if (event != nullptr && !rows.push(*event)) return;
  }
  if (const auto next = places.next_cursor()) next_cursor.push(*next);
}

void MemoryStore::search_events(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                                sdk::ItemSink<asmgr_event>& rows, sdk::TextSink& next_cursor) {
  const EventFilter filter = store_query::read_event_filter(filter_json);
  if (filter.order != EventOrder::sequence_asc) return search_in_time(filter, tenant, cursor, rows, next_cursor);
  const auto after = store_query::Position::read(cursor);
  store_query::Position last;
  std::size_t pushed = 0;
  bool more = false;
  walk_events(filter, tenant, after ? after->id : std::string(), after ? after->number + 1 : 1,
              [&](const asmgr_event& event) {
                more = pushed == filter.limit;
                if (more || !rows.push(event)) return false;
                ++pushed;
                last.number = event.seq;
                last.id = std::string(view(event.session_id));
                return true;
              });
  if (more) next_cursor.push(last.text());
}

}  // namespace asmgr::memory_store
