#include "tests/plugins/contract/reference_model.hpp"

#include <algorithm>

namespace asmgr::contract {
namespace {

bool holds(std::uint64_t expected, const std::optional<std::uint64_t>& stored) {
  if (expected == ASMGR_VERSION_ANY) return true;
  if (expected == ASMGR_VERSION_ABSENT) return !stored.has_value();
  return stored == expected;
}

bool fits(const std::string& wanted, const std::string& found) {
  return wanted.empty() || wanted == found;
}
bool in_mask(std::uint32_t mask, std::uint32_t status) {
  return mask == 0 || (mask >> status & 1u) != 0;
}
std::size_t limit_of(std::uint32_t limit) {
  return limit == 0 ? 1000 : limit;
}

template <typename T>
T as_read(T row) {
  row.expected_version = 0;
  return row;
}
Record as_read(Record row) {
  row.expected_version = 0;
  row.flags = 0;
  row.add = row.ceiling = 0;
  return row;
}

}  // namespace

void ReferenceModel::set_host_alive(const std::string& id, bool alive) {
  if (alive)
    alive_.insert(id);
  else
    alive_.erase(id);
}

std::vector<UnitResult> ReferenceModel::commit(const std::vector<Unit>& units) {
  std::vector<UnitResult> results;
  for (const Unit& unit : units) results.push_back(commit(unit));
  return results;
}

UnitResult ReferenceModel::commit(const Unit& unit) {
  // A copy of what the unit can touch.
  World copy{{}, world_.runs, world_.records};
  if (const auto own = world_.logs.find(unit.session_id); own != world_.logs.end()) copy.logs.insert(*own);
  UnitResult result = apply(copy, unit);
  if (result.status == ASMGR_OK) {
    for (auto& [id, changed] : copy.logs) world_.logs[id] = std::move(changed);
    world_.runs = std::move(copy.runs);
    world_.records = std::move(copy.records);
    return result;
  }
  const auto log = world_.logs.find(unit.session_id);
  result.last_seq = log == world_.logs.end() ? 0 : log->second.events.size();
  result.epoch = log == world_.logs.end() ? 0 : log->second.epoch;
  return result;
}

asmgr_status ReferenceModel::claim(Log& log, const Unit& unit) const {
  const bool take = (unit.flags & ASMGR_UNIT_TAKE) != 0;
  const bool release = (unit.flags & ASMGR_UNIT_RELEASE) != 0;
  if (!take && !release && unit.events.empty() && !unit.session) return ASMGR_OK;
  if (log.epoch != unit.epoch) return ASMGR_E_STALE_EPOCH;
  if (!take && (log.owner.empty() || log.owner != unit.owner)) return ASMGR_E_STALE_EPOCH;
  const bool unchecked = unit.events.empty() && unit.expected_last_seq == ASMGR_SEQ_UNCHECKED;
  if (!unchecked && unit.expected_last_seq != log.events.size()) return ASMGR_E_SEQUENCE_CONFLICT;
  if (take && !log.owner.empty() && log.owner != unit.owner && alive_.count(log.owner) != 0) return ASMGR_E_STALE_EPOCH;
  if (take) {
    log.owner = unit.owner;
    ++log.epoch;
  }
  if (release) log.owner.clear();
  return ASMGR_OK;
}

std::vector<Existing> ReferenceModel::stored_already(const Log& log, const Unit& unit) {
  std::vector<Existing> found;
  for (std::size_t i = 0; i < unit.events.size(); ++i) {
    if ((unit.events[i].flags & ASMGR_EVENT_CALLER_ID) == 0) continue;
    for (const Event& event : log.events) {
      if (event.id == unit.events[i].id && (event.flags & ASMGR_EVENT_CALLER_ID) != 0)
        found.push_back({static_cast<std::uint32_t>(i), event.seq, event.id});
    }
  }
  return found;
}

UnitResult ReferenceModel::apply(World& world, const Unit& unit) const {
  UnitResult result;
  const auto refused = [&](asmgr_status status) {
    result.status = status;
    return result;
  };
  if (!unit.session_id.empty()) {
    auto at = world.logs.find(unit.session_id);
    const bool creates = at == world.logs.end();
    if (creates) {
      if ((unit.flags & ASMGR_UNIT_TAKE) == 0 || !unit.session || unit.epoch != 0)
        return refused(ASMGR_E_SESSION_NOT_FOUND);
      at = world.logs.emplace(unit.session_id, Log{}).first;
    }
    Log& log = at->second;
    if (const asmgr_status status = claim(log, unit); status != ASMGR_OK) return refused(status);
    if (unit.session) {
      const std::optional<std::uint64_t> stored = creates ? std::nullopt : std::optional(log.row.version);
      if (!holds(unit.session->expected_version, stored)) return refused(ASMGR_E_CONFLICT);
      log.row = as_read(*unit.session);
    }
    for (const RunRow& run : unit.runs) {
      const auto stored = world.runs.find(run.id);
      const bool exists = stored != world.runs.end();
      if (exists && stored->second.session_id != unit.session_id) return refused(ASMGR_E_CONFLICT);
      if (!holds(run.expected_version, exists ? std::optional(stored->second.version) : std::nullopt))
        return refused(ASMGR_E_CONFLICT);
      world.runs[run.id] = as_read(run);
      world.runs[run.id].session_id = unit.session_id;
    }
    result.existing = stored_already(log, unit);
    if (!result.existing.empty()) return refused(ASMGR_E_ALREADY_EXISTS);
    log.events.insert(log.events.end(), unit.events.begin(), unit.events.end());
    result.last_seq = log.events.size();
    result.epoch = log.epoch;
  }
  for (const Record& record : unit.records) {
    const asmgr_status status = apply_record(world, record, result.value);
    if (status != ASMGR_OK) return refused(status);
  }
  return result;
}

asmgr_status ReferenceModel::apply_record(World& world, const Record& record, std::int64_t& value) {
  const RecordKey key{record.kind, record.id, record.tenant};
  const auto stored = world.records.find(key);
  const bool exists = stored != world.records.end();
  if ((record.flags & ASMGR_RECORD_ADD) != 0) {
    const std::int64_t before = exists ? stored->second.value : 0;
    if (before + record.add > record.ceiling) {
      value = before;
      return ASMGR_E_LIMIT_EXCEEDED;
    }
    if (!exists) world.records[key] = as_read(record);
    world.records[key].value = before + record.add;
    return ASMGR_OK;
  }
  if (!holds(record.expected_version, exists ? std::optional(stored->second.version) : std::nullopt))
    return ASMGR_E_CONFLICT;
  if ((record.flags & ASMGR_RECORD_DELETE) != 0)
    world.records.erase(key);
  else
    world.records[key] = as_read(record);
  return ASMGR_OK;
}

asmgr_status ReferenceModel::delete_session(const std::string& tenant, const std::string& id, std::uint64_t epoch) {
  const Log* log = visible(tenant, id);
  if (log == nullptr) return ASMGR_OK;
  if (log->epoch != epoch) return ASMGR_E_STALE_EPOCH;
  world_.logs.erase(id);
  std::erase_if(world_.runs, [&](const auto& entry) { return entry.second.session_id == id; });
  std::erase_if(world_.records, [&](const auto& entry) { return entry.second.session_id == id; });
  return ASMGR_OK;
}

const ReferenceModel::Log* ReferenceModel::visible(const std::string& tenant, const std::string& id) const {
  const auto log = world_.logs.find(id);
  return log != world_.logs.end() && fits(tenant, log->second.row.tenant) ? &log->second : nullptr;
}

Head ReferenceModel::head(const std::string& session_id) const {
  const Log* log = visible("", session_id);
  Head head;
  if (log == nullptr) {
    head.status = ASMGR_E_SESSION_NOT_FOUND;
    return head;
  }
  head.last_seq = log->events.size();
  head.epoch = log->epoch;
  if (!log->events.empty()) head.hash = log->events.back().hash;
  head.owner = log->owner;
  head.owner_alive = !log->owner.empty() && alive_.count(log->owner) != 0;
  return head;
}

Page<Session> ReferenceModel::get_session(const std::string& tenant, const std::string& id) const {
  const Log* log = visible(tenant, id);
  if (log == nullptr) return {ASMGR_E_SESSION_NOT_FOUND, "", {}};
  return {ASMGR_OK, "", {log->row}};
}

Page<Session> ReferenceModel::list_sessions(const SessionQuery& query) const {
  Page<Session> page;
  for (const auto& [id, log] : world_.logs) {
    if (page.items.size() == limit_of(query.limit)) break;
    const Session& row = log.row;
    if (id > query.after_id && fits(query.tenant, row.tenant) && fits(query.agent_id, row.agent_id) &&
        in_mask(query.status_mask, row.status) && (query.include_deleted || row.deleted_us == 0))
      page.items.push_back(row);
  }
  return page;
}

Page<RunRow> ReferenceModel::get_run(const std::string& tenant, const std::string& id) const {
  const auto run = world_.runs.find(id);
  if (run == world_.runs.end() || visible(tenant, run->second.session_id) == nullptr)
    return {ASMGR_E_RUN_NOT_FOUND, "", {}};
  return {ASMGR_OK, "", {run->second}};
}

Page<RunRow> ReferenceModel::list_runs(const RunQuery& query) const {
  Page<RunRow> page;
  for (const auto& [id, run] : world_.runs) {
    if (page.items.size() == limit_of(query.limit)) break;
    if (id > query.after_id && fits(query.session_id, run.session_id) && in_mask(query.status_mask, run.status) &&
        visible(query.tenant, run.session_id) != nullptr)
      page.items.push_back(run);
  }
  return page;
}

Page<Event> ReferenceModel::get_events(const EventQuery& query) const {
  Page<Event> page;
  const Log* log = visible(query.tenant, query.session_id);
  if (log == nullptr) return page;
  std::vector<Event> events = log->events;
  if (query.order == ASMGR_ORDER_DESC) std::reverse(events.begin(), events.end());
  for (const Event& event : events) {
    if (page.items.size() == limit_of(query.limit)) break;
    const bool typed =
        query.types.empty() || std::find(query.types.begin(), query.types.end(), event.type_name) != query.types.end();
    if (event.seq > query.after && (query.before == 0 || event.seq < query.before) && event.time_us >= query.since_us &&
        fits(query.run_id, event.run_id) && typed)
      page.items.push_back(event);
  }
  return page;
}

Page<Record> ReferenceModel::get_record(const std::string& tenant, const std::string& kind,
                                        const std::string& id) const {
  for (const auto& [key, record] : world_.records) {
    if (record.kind == kind && record.id == id && fits(tenant, record.tenant)) return {ASMGR_OK, "", {record}};
  }
  return {ASMGR_E_NOT_FOUND, "", {}};
}

Page<Record> ReferenceModel::list_records(const RecordQuery& query) const {
  Page<Record> page;
  for (const auto& [key, record] : world_.records) {  // in order of kind, id, tenant
    const bool full = page.items.size() >= limit_of(query.limit);
    if (full && record.id != page.items.back().id) break;
    if (record.kind == query.kind && record.id > query.after_id && fits(query.tenant, record.tenant) &&
        fits(query.status, record.status) && fits(query.session_id, record.session_id) &&
        (query.due_before_us == 0 || (record.due_us != 0 && record.due_us < query.due_before_us)))
      page.items.push_back(record);
  }
  return page;
}

}  // namespace asmgr::contract
