#include "core/engine/bounded_store.hpp"

#include <condition_variable>
#include <mutex>

namespace asmgr {
namespace {

// What the reading thread and the waiting one share: the first outlives the second when the store hangs.
template <typename T>
struct Pending {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Result<T>> result;
};

}  // namespace

Error BoundedStore::too_late(const char* what) const {
  return {ErrorCode::storage_connection_failed, "store '" + info().name + "' has not answered " + what + " for " +
                                                    std::to_string(limit_.count()) +
                                                    " ms; look after the store, then try again"};
}

template <typename T>
Result<T> BoundedStore::bounded(const char* what, std::function<Result<T>(Store&)> read) {
  auto pending = std::make_shared<Pending<T>>();
  helpers_.run([pending, store = store_, read = std::move(read)] {
    Result<T> result = read(*store);
    std::lock_guard lock(pending->mutex);
    pending->result.emplace(std::move(result));
    pending->answered.notify_all();
  });
  std::unique_lock lock(pending->mutex);
  if (!pending->answered.wait_for(lock, limit_, [&] { return pending->result.has_value(); })) return too_late(what);
  return std::move(*pending->result);
}

Result<Head> BoundedStore::head(std::string_view session_id) {
  return bounded<Head>("head", [id = std::string(session_id)](Store& store) { return store.head(id); });
}

Result<std::vector<HostRow>> BoundedStore::hosts() {
  return bounded<std::vector<HostRow>>("hosts", [](Store& store) { return store.hosts(); });
}

Result<Session> BoundedStore::get_session(std::string_view tenant, std::string_view id) {
  return bounded<Session>("get_session", [tenant = std::string(tenant), id = std::string(id)](Store& store) {
    return store.get_session(tenant, id);
  });
}

Result<std::vector<Session>> BoundedStore::list_sessions(const SessionQuery& query) {
  return bounded<std::vector<Session>>("list_sessions", [query](Store& store) { return store.list_sessions(query); });
}

Result<void> BoundedStore::delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) {
  return bounded<void>("delete_session", [tenant = std::string(tenant), id = std::string(id), epoch](Store& store) {
    return store.delete_session(tenant, id, epoch);
  });
}

Result<Run> BoundedStore::get_run(std::string_view tenant, std::string_view id) {
  return bounded<Run>("get_run", [tenant = std::string(tenant), id = std::string(id)](Store& store) {
    return store.get_run(tenant, id);
  });
}

Result<std::vector<Run>> BoundedStore::list_runs(const RunQuery& query) {
  return bounded<std::vector<Run>>("list_runs", [query](Store& store) { return store.list_runs(query); });
}

Result<void> BoundedStore::visit_events(const EventQuery& query, const EventVisitor& visitor) {
  // The visitor belongs to the waiting thread's stack: it is called under the lock, and never after the limit.
  struct Visit {
    std::mutex mutex;
    const EventVisitor* visitor;
  };
  auto visit = std::make_shared<Visit>();
  visit->visitor = &visitor;
  Result<void> visited = bounded<void>("visit_events", [query, visit](Store& store) {
    return store.visit_events(query, [&visit](const EventView& event) {
      std::lock_guard lock(visit->mutex);
      return visit->visitor != nullptr && (*visit->visitor)(event);
    });
  });
  std::lock_guard lock(visit->mutex);
  visit->visitor = nullptr;
  return visited;
}

Result<Record> BoundedStore::get_record(std::string_view tenant, std::string_view kind, std::string_view id) {
  return bounded<Record>("get_record", [tenant = std::string(tenant), kind = std::string(kind), id = std::string(id)](
                                           Store& store) { return store.get_record(tenant, kind, id); });
}

Result<std::vector<Record>> BoundedStore::list_records(const RecordQuery& query) {
  return bounded<std::vector<Record>>("list_records", [query](Store& store) { return store.list_records(query); });
}

template <typename Row, typename Search>
Result<FoundPage<Row>> BoundedStore::Queries::page(std::string_view tenant, const Search& search,
                                                   std::string_view after) {
  return store_.bounded<FoundPage<Row>>(
      "search", [tenant = std::string(tenant), search, after = std::string(after)](Store& store) {
        return store.queries()->search(tenant, search, after);
      });
}

template <typename Search>
Result<std::uint64_t> BoundedStore::Queries::counted(std::string_view tenant, const Search& search) {
  return store_.bounded<std::uint64_t>(
      "count", [tenant = std::string(tenant), search](Store& store) { return store.queries()->count(tenant, search); });
}

Result<FoundPage<Session>> BoundedStore::Queries::search(std::string_view tenant, const SessionSearch& search,
                                                         std::string_view after) {
  return page<Session>(tenant, search, after);
}

Result<FoundPage<Run>> BoundedStore::Queries::search(std::string_view tenant, const RunSearch& search,
                                                     std::string_view after) {
  return page<Run>(tenant, search, after);
}

Result<FoundPage<Event>> BoundedStore::Queries::search(std::string_view tenant, const EventSearch& search,
                                                       std::string_view after) {
  return page<Event>(tenant, search, after);
}

Result<std::uint64_t> BoundedStore::Queries::count(std::string_view tenant, const SessionSearch& search) {
  return counted(tenant, search);
}

Result<std::uint64_t> BoundedStore::Queries::count(std::string_view tenant, const RunSearch& search) {
  return counted(tenant, search);
}

Result<std::uint64_t> BoundedStore::Queries::count(std::string_view tenant, const EventSearch& search) {
  return counted(tenant, search);
}

Result<SessionStats> BoundedStore::Queries::session_stats(std::string_view tenant, std::string_view session_id) {
  return store_.bounded<SessionStats>("session_stats",
                                      [tenant = std::string(tenant), id = std::string(session_id)](Store& store) {
                                        return store.queries()->session_stats(tenant, id);
                                      });
}

Result<std::vector<UsageSums>> BoundedStore::Queries::usage(std::string_view tenant, const UsageSearch& search) {
  return store_.bounded<std::vector<UsageSums>>(
      "usage", [tenant = std::string(tenant), search](Store& store) { return store.queries()->usage(tenant, search); });
}

}  // namespace asmgr
