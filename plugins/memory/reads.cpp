// The read side. Every sink is pushed to under the shared lock: a push only copies and never comes back.
#include <algorithm>
#include <array>
#include <vector>

#include "memory_store.hpp"

namespace asmgr::memory_store {
namespace {

using sdk::items;
using sdk::view;

constexpr std::uint32_t kDefaultLimit = 1000;
constexpr std::size_t kEventsPerPush = 64;
constexpr std::size_t kEventsPerLock = 512;  // looked at, whether they match or not

std::uint32_t limit_of(std::uint32_t limit) {
  return limit == 0 ? kDefaultLimit : limit;
}

bool in_mask(std::uint32_t mask, std::uint32_t status) {
  return mask == 0 || (status < 32 && (mask & (1u << status)) != 0);
}

bool of_tenant(std::string_view wanted, std::string_view tenant) {
  return wanted.empty() || wanted == tenant;
}

// What an event must be to be part of the answer, apart from its number.
class PageFilter {
 public:
  explicit PageFilter(const asmgr_event_query& query) : run_id_(view(query.run_id)), since_us_(query.since_us) {
    for (const asmgr_str& type : items<asmgr_str>(query.types)) types_.push_back(view(type));
  }
  bool matches(const asmgr_event& event) const {
    if (event.time_us < since_us_) return false;
    if (!run_id_.empty() && view(event.run_id) != run_id_) return false;
    return types_.empty() || std::find(types_.begin(), types_.end(), view(event.type_name)) != types_.end();
  }

 private:
  std::string_view run_id_;
  std::int64_t since_us_;
  std::vector<std::string_view> types_;
};

// A walk over the numbers low..high of one session, up or down.
struct Walk {
  std::uint64_t low, high;
  bool descending;

  bool done() const { return low > high; }
  std::uint64_t next() const { return descending ? high : low; }
  void advance() {
    if (descending)
      --high;
    else
      ++low;
  }
};

// Pushes the next matches, at most kEventsPerLock numbers further. False when the sink has enough.
bool push_some(const EventLog& log, Walk& walk, const PageFilter& filter, std::uint32_t& left,
               sdk::ItemSink<asmgr_event>& out) {
  std::array<asmgr_event, kEventsPerPush> page;
  std::size_t held = 0;
  for (std::size_t looked = 0; looked < kEventsPerLock && !walk.done() && left != 0; ++looked, walk.advance()) {
    const asmgr_event* event = log.find(walk.next());
    if (event == nullptr || !filter.matches(*event)) continue;
    page[held++] = *event;
    --left;
    if (held == page.size()) {
      if (!out.push(page.data(), held)) return false;
      held = 0;
    }
  }
  return held == 0 || out.push(page.data(), held);
}

bool matches(const asmgr_session_query& query, const SessionRow& row) {
  return in_mask(query.status_mask, row.status) && of_tenant(view(query.tenant), row.tenant) &&
         (query.agent_id.len == 0 || view(query.agent_id) == row.agent_id) &&
         (query.include_deleted != 0 || row.deleted_us == 0);
}

bool matches(const asmgr_record_query& query, const RecordRow& row) {
  return (query.status.len == 0 || view(query.status) == row.status) &&
         (query.session_id.len == 0 || view(query.session_id) == row.session_id) &&
         (query.due_before_us == 0 || (row.due_us != 0 && row.due_us < query.due_before_us));
}

// The records of one kind in order of id over several tenants at once.
class MergedRecords {
 public:
  void add(const RecordGroup& group, std::string_view after_id) {
    const auto begin = after_id.empty() ? group.begin() : group.upper_bound(after_id);
    if (begin != group.end()) parts_.push_back(Part{begin, group.end()});
  }
  const RecordRow* next() {
    const auto least = std::min_element(parts_.begin(), parts_.end(),
                                        [](const Part& a, const Part& b) { return a.at->first < b.at->first; });
    if (least == parts_.end()) return nullptr;
    const RecordRow* row = &least->at->second;
    if (++least->at == least->end) parts_.erase(least);
    return row;
  }

 private:
  struct Part {
    RecordGroup::const_iterator at, end;
  };
  std::vector<Part> parts_;  // in order of tenant
};

[[noreturn]] void throw_missing(asmgr_status status, std::string_view what, std::string_view id) {
  throw sdk::StatusError(status, "there is no " + std::string(what) + " '" + std::string(id) + "'");
}

}  // namespace

const Session* MemoryStore::visible(std::string_view tenant, std::string_view id) const {
  const Session* session = tables_.find_session(id);
  return session != nullptr && of_tenant(tenant, session->row.tenant) ? session : nullptr;
}

void MemoryStore::head(std::string_view session_id, asmgr_head& out) {
  const std::shared_lock lock(tables_mutex_);
  const Session* session = tables_.find_session(session_id);
  if (session == nullptr) throw_missing(ASMGR_E_SESSION_NOT_FOUND, "session", session_id);
  out.last_seq = session->head.last_seq;
  out.epoch = session->head.epoch;
  const asmgr_event* last = session->log.last();
  for (std::size_t i = 0; i < sizeof(out.hash); ++i) out.hash[i] = last == nullptr ? std::uint8_t{0} : last->hash[i];
  sdk::set_owner(out, session->head.owner, alive(session->head.owner));
}

void MemoryStore::get_session(std::string_view tenant, std::string_view id, sdk::ItemSink<asmgr_session>& out) {
  const std::shared_lock lock(tables_mutex_);
  const Session* session = visible(tenant, id);
  if (session == nullptr) throw_missing(ASMGR_E_SESSION_NOT_FOUND, "session", id);
  out.push(session->row.to_abi());
}

void MemoryStore::list_sessions(const asmgr_session_query& query, sdk::ItemSink<asmgr_session>& out) {
  const std::shared_lock lock(tables_mutex_);
  std::uint32_t left = limit_of(query.limit);
  for (auto at = tables_.sessions.upper_bound(view(query.after_id)); at != tables_.sessions.end() && left != 0; ++at) {
    if (!matches(query, at->second->row)) continue;
    --left;
    if (!out.push(at->second->row.to_abi())) return;
  }
}

void MemoryStore::get_run(std::string_view tenant, std::string_view id, sdk::ItemSink<asmgr_run>& out) {
  const std::shared_lock lock(tables_mutex_);
  const auto run = tables_.runs.find(id);
  if (run == tables_.runs.end() || visible(tenant, run->second.session_id) == nullptr)
    throw_missing(ASMGR_E_RUN_NOT_FOUND, "run", id);
  out.push(run->second.to_abi());
}

void MemoryStore::list_runs(const asmgr_run_query& query, sdk::ItemSink<asmgr_run>& out) {
  const std::shared_lock lock(tables_mutex_);
  std::uint32_t left = limit_of(query.limit);
  const auto push = [&](const RunRow& run) {
    if (!in_mask(query.status_mask, run.status)) return true;
    --left;
    return out.push(run.to_abi());
  };
  if (query.session_id.len != 0) {
    const Session* session = visible(view(query.tenant), view(query.session_id));
    if (session == nullptr) return;
    for (auto at = session->runs.upper_bound(view(query.after_id)); at != session->runs.end() && left != 0; ++at) {
      if (!push(tables_.runs.find(*at)->second)) return;
    }
    return;
  }
  for (auto at = tables_.runs.upper_bound(view(query.after_id)); at != tables_.runs.end() && left != 0; ++at) {
    if (visible(view(query.tenant), at->second.session_id) != nullptr && !push(at->second)) return;
  }
}

void MemoryStore::get_events(const asmgr_event_query& query, sdk::ItemSink<asmgr_event>& out) {
  const PageFilter filter(query);
  std::uint32_t left = limit_of(query.limit);
  if (query.after == UINT64_MAX) return;
  Walk walk{query.after + 1, query.before == 0 ? UINT64_MAX : query.before - 1, query.order == ASMGR_ORDER_DESC};
  while (left != 0) {
    const std::shared_lock lock(tables_mutex_);
    const Session* session = visible(view(query.tenant), view(query.session_id));
    if (session == nullptr) return;
    walk.high = std::min(walk.high, session->head.last_seq);
    if (walk.done() || !push_some(session->log, walk, filter, left, out)) return;
  }
}

void MemoryStore::get_record(std::string_view tenant, std::string_view kind, std::string_view id,
                             sdk::ItemSink<asmgr_record>& out) {
  const std::shared_lock lock(tables_mutex_);
  const RecordRow* row = tables_.find_record(tenant, kind, id);
  const auto of_kind = tables_.records.find(kind);
  if (row == nullptr && tenant.empty() && of_kind != tables_.records.end()) {
    for (const auto& [name, group] : of_kind->second) {
      const auto found = group.find(id);
      if (found == group.end()) continue;
      row = &found->second;
      break;
    }
  }
  if (row == nullptr) throw_missing(ASMGR_E_NOT_FOUND, std::string(kind) + " record", id);
  out.push(row->to_abi());
}

void MemoryStore::list_records(const asmgr_record_query& query, sdk::ItemSink<asmgr_record>& out) {
  const std::shared_lock lock(tables_mutex_);
  const auto of_kind = tables_.records.find(view(query.kind));
  if (of_kind == tables_.records.end()) return;
  MergedRecords rows;
  for (const auto& [tenant, group] : of_kind->second) {
    if (of_tenant(view(query.tenant), tenant)) rows.add(group, view(query.after_id));
  }
  std::uint32_t left = limit_of(query.limit);
  std::string_view last_id;
  while (const RecordRow* row = rows.next()) {
    if (!matches(query, *row)) continue;
    // A page never ends between two tenants' records of one id: the next one, by id, would skip the second.
    if (left == 0 && row->id != last_id) return;
    if (left != 0) --left;
    last_id = row->id;
    if (!out.push(row->to_abi())) return;
  }
}

}  // namespace asmgr::memory_store
