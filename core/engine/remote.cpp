// Verbs on sessions that another process owns: a command or a queue entry is written, and its end waited for.
#include "core/engine/engine.hpp"
#include "core/engine/queue_entry.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// What waits in such a session waits on, also when nobody owns it: whoever resumes it, or finds it resumed, goes on.
bool is_paused(Store& store, const std::string& session_id) {
  const auto session = store.get_session({}, session_id);
  return session && !session->deleted_at.is_set() && may_go_on(session->status);
}

}  // namespace

void SessionManager::Engine::command(StoreHost& host, const std::string& session_id, const std::string& verb,
                                     boost::json::object args, const Caller& caller, const RemoteWait& wait,
                                     std::function<void()> owner_is_gone, Handler<std::string> handler) {
  boost::json::object body;
  body["verb"] = verb;
  body["target"] = session_id;
  body["args"] = std::move(args);
  body["actor"] = caller.actor;
  body["request_id"] = caller.request_id;
  Record record;
  record.kind = record_kind::kCommand;
  record.id = new_id("cmd_", clock_.now());
  record.session_id = session_id;
  record.version = 1;
  record.status = "pending";
  record.due_at = Timestamp{clock_.now().us + std::chrono::microseconds(wait.limit).count() + 1'000'000};
  record.body = to_text(body);
  const std::string id = record.id;
  CommitUnit unit;
  unit.session_id = session_id;
  unit.records.push_back(RecordWrite{std::move(record), kVersionAbsent, RecordWrite::Kind::put, 0, 0});
  const std::int64_t until = clock_.monotonic_ns() + std::chrono::nanoseconds(wait.limit).count();
  host.write(std::move(unit), [this, &host, session_id, id, wait, until, owner_is_gone, handler](
                                  const CommitStatus& status, UnitResult& result) {
    if (status.outcome != CommitOutcome::filled || result.answer != CommitAnswer::ok) {
      handler(status.error ? *status.error : result.error.value_or(Error(ErrorCode::storage_write_failed)));
      return;
    }
    if (!wait.wait) return handler(std::string("pending"));
    host.wait_until(session_id, [this, &host, session_id, id, wait, until, owner_is_gone, handler] {
      auto closed = host.store().get_record({}, record_kind::kCommand, id);
      if (closed && closed->status == "done") return handler(closed->status), true;
      if (closed && closed->status == "refused") return handler(refusal_in(*closed)), true;
      if (closed && closed->status == "expired") {
        return handler(Error(ErrorCode::timeout, "the owner of session " + session_id + " came too late")), true;
      }
      auto head = host.store().head(session_id);
      const bool gone = head && (head->owner.empty() || !head->owner_alive);
      if (gone && !stopping_) return owner_is_gone(), true;
      if (clock_.monotonic_ns() < until && !stopping_) return false;
      handler(Error(ErrorCode::timeout, "the host that owns session " + session_id + " did not answer within " +
                                            std::to_string(wait.limit.count()) +
                                            " ms; the command stays recorded until it expires"));
      return true;
    });
  });
}

void SessionManager::Engine::queue_elsewhere(StoreHost& host, const std::string& session_id, const std::string& run_id,
                                             const RunPlan& plan, bool resumed,
                                             std::function<void(const Result<void>&)> then) {
  host.read(
      [this, &host, session_id, run_id, entry_plan = plan.entry, resumed, then] {
        // An entry that was closed may be written anew; one that is open says that the run waits or runs already.
        auto known = host.store().get_record({}, record_kind::kQueue, run_id);
        if (known && (known->status == kQueuedStatus || known->status == kRunningStatus)) {
          if (resumed) return then({});
          return then(Error(ErrorCode::invalid_operation, "run " + run_id + " is " + known->status + " already"));
        }
        auto run = host.store().get_run({}, run_id);
        if (run && run->status != RunStatus::pending) {
          if (resumed) return then({});
          return then(Error(ErrorCode::invalid_operation, "run " + run_id + " is " +
                                                              std::string(status_name(run->status)) +
                                                              "; only a pending run can be executed")
                          .with_detail("status", boost::json::value(status_name(run->status))));
        }
        const std::uint64_t version = known ? known->version : kVersionAbsent;
        Record entry = make_queue_entry(session_id, {}, run_id, entry_plan, clock_.now());
        entry.version = version + 1;
        CommitUnit unit;
        unit.session_id = session_id;
        unit.records.push_back(RecordWrite{std::move(entry), version, RecordWrite::Kind::put, 0, 0});
        host.write(std::move(unit), [run_id, then](const CommitStatus& status, UnitResult& result) {
          if (status.outcome == CommitOutcome::filled && result.answer == CommitAnswer::ok) return then({});
          if (result.answer == CommitAnswer::version_conflict) {
            return then(Error(ErrorCode::invalid_operation, "run " + run_id + " was queued by somebody else just now"));
          }
          then(status.error ? *status.error : result.error.value_or(Error(ErrorCode::storage_write_failed)));
        });
      },
      Inline::no);
}

void SessionManager::Engine::await_elsewhere(StoreHost& host, const std::string& session_id, const std::string& run_id,
                                             const RunPlan& plan, std::function<void()> owner_is_gone,
                                             Handler<RunResult> handler) {
  const ResultEvents events = plan.events;
  const bool asker_leaves = plan.approver == Approver::nobody;
  host.wait_until(session_id, [this, &host, session_id, run_id, events, asker_leaves, owner_is_gone, handler] {
    auto run = host.store().get_run({}, run_id);
    auto entry = host.store().get_record({}, record_kind::kQueue, run_id);
    if (entry && entry->status == "refused") return handler(refusal_in(*entry)), true;
    // Nobody is here who could answer, so nothing is waited for.
    const bool asks = run && !run->waiting_on.empty() && run->status == RunStatus::running;
    if (asks && asker_leaves) return handler(result_from_store(host, run_id, events)), true;
    // A run that was over before its entry came is somebody else's: the owner will refuse the entry.
    const bool waits = entry && entry->status == kQueuedStatus;
    if (run && is_terminal(run->status) && !waits) return handler(result_from_store(host, run_id, events)), true;
    if (stopping_) {
      handler(Error(ErrorCode::cancelled, "this host is shutting down; run " + run_id + " goes on elsewhere"));
      return true;
    }
    auto head = host.store().head(session_id);
    const bool gone = head && (head->owner.empty() || !head->owner_alive);
    if (!gone || (waits && is_paused(host.store(), session_id))) return false;
    owner_is_gone();
    return true;
  });
}

Result<RunResult> SessionManager::Engine::result_from_store(StoreHost& host, const std::string& run_id,
                                                            ResultEvents events) {
  auto run = host.store().get_run({}, run_id);
  if (!run) return run.error();
  RunResult result;
  result.session_id = run->session_id;
  result.run_id = run_id;
  result.status = run->status;
  result.error = run->error;
  result.output = run->output;
  result.token_usage = run->token_usage;
  result.cost_usd = run->cost_usd;
  result.provider = run->provider;
  result.waiting_on = run->waiting_on;
  if (auto model = find_string(run->provider_metadata, "model")) result.model = *model;
  if (const boost::json::object* routing = find_object(run->metadata, "routing")) result.routing = *routing;
  if (const boost::json::array* warnings = find_array(run->metadata, "warnings")) {
    for (const boost::json::value& warning : *warnings) {
      if (warning.is_string()) result.warnings.emplace_back(warning.get_string());
    }
  }
  if (events != ResultEvents::none) {
    EventQuery query;
    query.session_id = run->session_id;
    query.run_id = run_id;
    query.limit = 1'000'000;
    if (events == ResultEvents::lifecycle) {
      query.types = {"run_started", "run_completed", "run_failed", "run_cancelled", "run_timeout"};
    }
    auto found = host.store().get_events(query);
    if (!found) return found.error();
    result.events = std::move(*found);
    for (const Event& event : result.events) {
      if (!is_run_terminal(event.type)) continue;
      result.last_sequence = event.sequence_number;
      result.last_hash = event.hash;
    }
  }
  return result;
}

}  // namespace asmgr
