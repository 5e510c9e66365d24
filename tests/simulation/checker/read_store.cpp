#include <stdexcept>

#include "core/ports/store.hpp"
#include "tests/simulation/checker/snapshot.hpp"

namespace asmgr::simulation {
namespace {

constexpr std::uint32_t kEverything = 1'000'000;

template <typename T>
T rows_of(Result<T> rows, const char* what) {
  if (!rows) throw std::runtime_error(std::string("the store does not list ") + what + ": " + rows.error().message());
  return std::move(*rows);
}

std::string bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

StoredEvent stored(const Event& event) {
  return {event.sequence_number, event.id,           event.type_name,      event.run_id, event.provider,
          event.correlation_id,  event.timestamp.us, event.schema_version, event.data,   event.metadata,
          bytes_of(event.hash)};
}

StoredSession stored(Store& store, const Session& session) {
  StoredSession row;
  row.id = session.id;
  row.chain_id = session.chain_id;
  row.status = status_name(session.status);
  row.deleted = session.deleted_at.is_set();
  const Head head = rows_of(store.head(session.id), "a head");
  row.last_number = head.last_sequence;
  row.last_hash = bytes_of(head.hash);
  EventQuery query;
  query.session_id = session.id;
  query.limit = kEverything;
  for (const Event& event : rows_of(store.get_events(query), "events")) row.events.push_back(stored(event));
  return row;
}

}  // namespace

Snapshot snapshot_of(Store& store) {
  Snapshot all;
  SessionQuery sessions;
  sessions.limit = kEverything;
  sessions.include_deleted = true;
  for (const Session& session : rows_of(store.list_sessions(sessions), "sessions")) {
    all.sessions[session.id] = stored(store, session);
  }
  RunQuery runs;
  runs.limit = kEverything;
  for (const Run& run : rows_of(store.list_runs(runs), "runs")) {
    all.runs[run.id] = {run.id, run.session_id, std::string(status_name(run.status)), run_doc(run)};
  }
  for (const char* kind : {"queue", "command", "approval", "counter", "hold", "recovery", "input", "host"}) {
    RecordQuery query;
    query.kind = kind;
    query.limit = kEverything;
    for (const Record& record : rows_of(store.list_records(query), "records")) {
      all.records.push_back({record.kind, record.id, record.session_id, record.status, record.body, record.value});
    }
  }
  return all;
}

}  // namespace asmgr::simulation
