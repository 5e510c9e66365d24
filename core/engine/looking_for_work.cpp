// A host that serves: which sessions nobody owns have something to do, and taking them.
#include <algorithm>
#include <set>

#include "core/engine/engine.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kPage = 1000;

// Sessions with runs that run, in a store.
Result<void> collect_running(Store& store, std::set<std::string>& sessions) {
  RunQuery query;
  query.statuses = {RunStatus::running};
  query.limit = kPage;
  while (true) {
    auto runs = store.list_runs(query);
    if (!runs) return runs.error();
    for (const Run& run : *runs) {
      if (run.waiting_on.empty()) sessions.insert(run.session_id);  // a parked run is left as it is
    }
    if (runs->size() < kPage) return {};
    query.after_id = runs->back().id;
  }
}

Result<void> collect_records(Store& store, std::string_view kind, std::string_view status,
                             std::set<std::string>& sessions) {
  RecordQuery query;
  query.kind = kind;
  query.status = status;
  query.limit = kPage;
  while (true) {
    auto records = store.list_records(query);
    if (!records) return records.error();
    for (const Record& record : *records) {
      if (!record.session_id.empty()) sessions.insert(record.session_id);
    }
    if (records->size() < kPage) return {};
    query.after_id = records->back().id;
  }
}

// Sessions with questions that are decided, or out of time.
Result<void> collect_due_approvals(Store& store, Timestamp now, std::set<std::string>& sessions) {
  RecordQuery query;
  query.kind = record_kind::kApproval;
  query.due_before = now;
  query.limit = kPage;
  while (true) {
    auto records = store.list_records(query);
    if (!records) return records.error();
    for (const Record& record : *records) sessions.insert(record.session_id);
    if (records->size() < kPage) return {};
    query.after_id = records->back().id;
  }
}

}  // namespace

void SessionManager::Engine::look_for_work() {
  for (StoreHost* host : stores_.named({})) look_in(*host, host->looks().take_now(clock_.monotonic_ns()));
}

bool SessionManager::Engine::rest(std::unique_lock<std::mutex>& housekeeping, std::chrono::milliseconds pace) {
  const std::int64_t until = clock_.monotonic_ns() + std::chrono::nanoseconds(pace).count();
  while (true) {
    const std::int64_t now = clock_.monotonic_ns();
    std::int64_t next = until;
    if (options_.serves && !draining_) {
      for (StoreHost* host : stores_.named({})) {
        look_in(*host, host->looks().take(now));
        next = std::min(next, host->looks().due_ns(now));
      }
    }
    if (now >= until) return true;
    const std::chrono::nanoseconds pause(std::max<std::int64_t>(next - now, 1'000'000));
    if (housekeeping_wake_.wait_for(housekeeping, pause, [this] { return stopping_.load(); })) return false;
  }
}

void SessionManager::Engine::look_in(StoreHost& host, LookSchedule::Look look) {
  if (look == LookSchedule::Look::nothing) return;
  host.read(
      [this, &host, look] {
        const Others others = draining_ || stopping_ ? Others::unknown : look_at_hosts(host);
        if (others == Others::one_died || (others == Others::seen && look == LookSchedule::Look::for_work))
          look_for_work_in(host);
        if (others == Others::unknown)
          host.looks().failed(clock_.monotonic_ns());
        else
          host.looks().done();
      },
      Inline::no);
}

// A host whose own row has expired was cut off from the store, or the store from everybody: the others come back as it
// does, and are not judged before.
SessionManager::Engine::Others SessionManager::Engine::look_at_hosts(StoreHost& host) {
  host.register_host(Inline::yes, [](const Result<void>&) {});
  const std::optional<Timestamp> store_now = host.store_now();
  auto rows = host.store().hosts();
  if (!rows) {
    log_failed_look(host, rows.error());
    return Others::unknown;
  }
  const bool expired = std::any_of(rows->begin(), rows->end(),
                                   [&](const HostRow& row) { return row.id == host.host_id() && !row.alive; });
  if (expired || !store_now) return Others::unknown;
  const bool one_died = host.looks().saw(*rows, host.host_id(), *store_now, clock_.monotonic_ns());
  return one_died ? Others::one_died : Others::seen;
}

void SessionManager::Engine::log_failed_look(StoreHost& host, const Error& error) {
  context_.log(
      {.level = ASMGR_LOG_WARN,
       .message = "store '" + host.name() + "' could not be searched for work: " + error.message() + "; trying again",
       .plugin = host.name()});
}

void SessionManager::Engine::look_for_work_in(StoreHost& host) {
  Store& store = host.store();
  std::set<std::string> sessions;
  Result<void> looked = collect_running(store, sessions);
  if (looked) looked = collect_records(store, record_kind::kQueue, "queued", sessions);
  if (looked) looked = collect_records(store, record_kind::kCommand, "pending", sessions);
  if (looked) looked = collect_due_approvals(store, context_.clock.now(), sessions);
  if (!looked) {
    log_failed_look(host, looked.error());
    return;
  }
  for (const std::string& id : in_turn_of(host.host_id(), {sessions.begin(), sessions.end()})) {
    auto head = store.head(id);
    if (head && head->owner == host.host_id()) {  // a question of ours that is out of time
      if (const auto session = sessions_->find(host, id); session != nullptr) session->records_changed();
    }
    if (!head || (head->owner == host.host_id()) || (!head->owner.empty() && head->owner_alive)) continue;
    wake_session(host, id);
  }
}

// Loading recovers; what waits is claimed. A session of a living host is left to it.
void SessionManager::Engine::wake_session(StoreHost& host, const std::string& session_id) {
  if (draining_ || stopping_) return;
  auto op = std::make_shared<SessionOp>();
  op->act = [](SessionRuntime& session, const SessionOp::Ptr& asked) {
    if (session.finish(asked) && session.exists()) session.claim_queue();
  };
  op->ask_owner = [](SessionRuntime& session, const SessionOp::Ptr& asked) { (void)session.finish(asked); };
  op->fail = [this, session_id](const Error& error) {
    context_.log({.level = ASMGR_LOG_WARN,
                  .message = "session " + session_id + " could not be taken: " + error.message(),
                  .session_id = session_id});
  };
  sessions_->submit(host, session_id, std::move(op));
}

}  // namespace asmgr
