#include "core/engine/store_upkeep.hpp"

#include <set>

#include "core/engine/artifact_registry.hpp"
#include "core/engine/session_sizes.hpp"
#include "core/engine/session_verbs.hpp"
#include "core/engine/waited_write.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"
#include "core/retention/session_age.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kSessionsPerPage = 200;
constexpr std::size_t kGoneAtOnce = 1000;

// Somebody works with it, or did something to it a moment ago: it is left for the next time.
bool is_somebodys(const Error& error) {
  return error.code() == ErrorCode::invalid_operation || error.code() == ErrorCode::stale_epoch ||
         error.code() == ErrorCode::session_not_found;
}

}  // namespace

StoreUpkeep::StoreUpkeep(SessionManager::Engine& engine, StoreHost& host, StoreMaintenance& maintenance,
                         const RetentionPolicy& policy, const PruneStoreOptions& options, SessionArchive* archive)
    : engine_(engine),
      host_(host),
      maintenance_(maintenance),
      policy_(policy),
      options_(options),
      archive_(archive),
      cancel_(options.cancel != nullptr ? *options.cancel : never_) {}

PruneReport StoreUpkeep::run() {
  const std::int64_t began = engine_.clock().monotonic_ns();
  report_.store = host_.name();
  report_.mode = options_.mode;
  step("sessions by their age", [this] { return go_by_age(); });
  step("audit streams", [this] { return remove_old_audits(); });
  step("superseded deltas", [this] { return drop_superseded_deltas(); });
  step("long logs", [this] { return shorten_long_logs(); });
  step("the whole store", [this] { return shrink_to_total(); });
  step("artifacts", [this] { return clean_artifacts(); });
  step("space", [this] { return compact(); });
  report_.cancelled = ended();
  report_.duration_ms = (engine_.clock().monotonic_ns() - began) / 1'000'000;
  return std::move(report_);
}

bool StoreUpkeep::ended() const noexcept {
  return cancel_.cancelled() || engine_.stopping();
}

void StoreUpkeep::failed(const Error& error) {
  if (report_.errors.size() < kMaxPruneErrors) report_.errors.push_back(error.message());
}

void StoreUpkeep::step(const char* name, const std::function<Result<void>()>& work) {
  if (ended()) return;
  if (auto done = work(); !done) failed(Error(done.error()).with_context(name));
}

Result<void> StoreUpkeep::each_session(const std::string& agent_id, const Visit& visit) {
  SessionQuery query;
  query.agent_id = agent_id;
  query.include_deleted = true;
  query.limit = kSessionsPerPage;
  while (!ended()) {
    auto page = host_.store().list_sessions(query);
    if (!page) return page.error();
    for (const Session& session : *page) {
      if (ended()) return {};
      if (auto visited = visit(session); !visited) {
        failed(Error(visited.error()).with_context("session " + session.id));
      }
    }
    if (page->size() < query.limit) return {};
    query.after_id = page->back().id;
  }
  return {};
}

Result<void> StoreUpkeep::go_by_age() {
  const Timestamp now = engine_.clock().now();
  SessionSizes sizes(maintenance_);
  return each_session({}, [this, now, &sizes](const Session& session) -> Result<void> {
    if (session.agent_id == kAuditAgent) return {};
    switch (fate_of(session, policy_, now)) {
      case SessionFate::soft_delete:
        return soft_delete(session);
      case SessionFate::hard_delete: {
        if (auto deleted = hard_delete(session); !deleted || !would_be_removed(session.id)) return deleted;
        auto texts = sizes.texts_of(session.id);
        if (!texts) return texts.error();
        texts_of_removed_ += *texts;
        return {};
      }
      case SessionFate::stays:
        break;
    }
    return {};
  });
}

// The verb of the session, by its owner: who works with it, or has changed it since it was looked at, keeps it.
Result<void> StoreUpkeep::soft_delete(const Session& session) {
  if (dry()) {
    ++report_.sessions_soft_deleted;
    return {};
  }
  const Error kept(ErrorCode::invalid_operation, "session " + session.id + " is in use");
  auto done = block<Session>([&](const Handler<Session>& handler) {
    auto op = std::make_shared<SessionOp>();
    op->where = Inline::yes;
    op->caller = options_.caller;
    op->fail = [handler](const Error& error) { handler(error); };
    op->ask_owner = [handler, kept](SessionRuntime& runtime, const SessionOp::Ptr& asked) {
      if (runtime.finish(asked)) handler(kept);
    };
    op->act = [handler, kept, version = session.version](SessionRuntime& runtime, const SessionOp::Ptr& asked) {
      if (!runtime.exists() || runtime.session().version != version) {
        if (runtime.finish(asked)) handler(kept);
        return;
      }
      delete_session(runtime, asked, {}, false, handler);
    };
    engine_.sessions().submit(host_, session.id, std::move(op));
  });
  if (done) ++report_.sessions_soft_deleted;
  // A host that hides thousands keeps none of them.
  if (const auto runtime = engine_.sessions().find(host_, session.id); runtime != nullptr) {
    runtime->post([runtime] { runtime->retire_if_idle(0); });
  }
  if (!done && !is_somebodys(done.error())) return done.error();
  return {};
}

Result<void> StoreUpkeep::hard_delete(const Session& session) {
  auto head = host_.store().head(session.id);
  if (!head && head.error().code() == ErrorCode::session_not_found) return {};
  if (!head) return head.error();
  if (!head->owner.empty() && head->owner_alive) return {};
  if (dry()) {
    ++report_.sessions_hard_deleted;
    taken_[session.id] = kAllOfIt;
    report_.archived += archive_ != nullptr ? 1 : 0;
    return {};
  }
  const StoredLog log{&host_, session, *head};
  if (auto kept = keep_copy(log); !kept) return kept;
  AuditAct act{.what = "session_removed", .by = options_.caller, .session_id = session.id};
  act.details["agent_id"] = session.agent_id;
  act.details["last_sequence"] = head->last_sequence;
  act.details["last_hash"] = to_hex(head->hash);
  act.details["archived"] = archive_ != nullptr;
  if (auto noted = put_on_record(act); !noted) return noted;
  auto removed = maintenance_.remove(session.id, head->epoch, policy_.batch_size, cancel_);
  if (!removed) {
    take_back(act, removed.error());
    if (is_somebodys(removed.error())) return {};
    return removed.error();
  }
  report_.sessions_hard_deleted += *removed == 0 ? 0 : 1;
  return {};
}

bool StoreUpkeep::would_be_removed(const std::string& session_id) const {
  const auto taken = taken_.find(session_id);
  return taken != taken_.end() && taken->second == kAllOfIt;
}

Result<void> StoreUpkeep::keep_copy(const StoredLog& log) {
  if (archive_ == nullptr) return {};
  StoredLog found = log;
  found.session.deleted_at = {};  // it can be brought back
  auto kept = archive_->keep(found);
  if (!kept) return std::move(kept).error().with_context("nothing was taken from it, it could not be archived");
  report_.archived += *kept == SessionArchive::Kept::now ? 1 : 0;
  return {};
}

// In one commit call with a record that says what is being done, so that its answer is waited for.
Result<void> StoreUpkeep::put_on_record(const AuditAct& act) {
  Record doing;
  doing.kind = record_kind::kRetention;
  doing.id = "doing";
  doing.version = 1;
  doing.status = act.what;
  doing.body = to_text(boost::json::object{{"host", host_.host_id()}, {"session_id", act.session_id}});
  CommitUnit unit;
  unit.records.push_back({std::move(doing), kVersionAny, RecordWrite::Kind::put, 0});
  auto noted = write_and_wait(host_, std::move(unit), act);
  if (!noted) return std::move(noted).error().with_context("nothing was taken from it, it could not be put on record");
  return {};
}

void StoreUpkeep::take_back(const AuditAct& act, const Error& error) {
  AuditAct undone{.what = "act_undone", .by = act.by, .session_id = act.session_id};
  undone.details["act"] = act.what;
  undone.details["error_code"] = code_name(error.code());
  host_.audit().submit(host_.audit().entry(undone));
}

// -- audit streams: what hosts did is on record for as long as anything is there that they did it to ------------------

Result<void> StoreUpkeep::remove_old_audits() {
  if (!policy_.max_completed_session_age_days || !policy_.hard_delete_after_days) return {};
  return each_session(std::string(kAuditAgent), [this](const Session& session) -> Result<void> {
    auto over = audit_is_over(session);
    if (!over) return over.error();
    return *over ? hard_delete(session) : Result<void>();
  });
}

Result<bool> StoreUpkeep::audit_is_over(const Session& audit) {
  const Timestamp too_young =
      days_before(engine_.clock().now(), *policy_.max_completed_session_age_days + *policy_.hard_delete_after_days);
  std::set<std::string, std::less<>> gone;
  EventQuery query;
  query.session_id = audit.id;
  query.order = Order::descending;
  query.limit = kSessionsPerPage;
  while (true) {
    auto page = host_.store().get_events(query);
    if (!page) return page.error();
    if (page->empty()) return true;
    if (query.before == 0 && page->front().timestamp >= too_young) return false;
    for (const Event& act : *page) {
      query.before = act.sequence_number;
      const auto data = parse_json_object(act.data, "an audit event");
      const std::string spoken_of(data ? find_string(*data, "session_id").value_or("") : "");
      if (spoken_of.empty() || gone.contains(spoken_of)) continue;
      auto session = host_.store().head(spoken_of);
      if (session) return false;
      if (session.error().code() != ErrorCode::session_not_found) return session.error();
      if (gone.size() < kGoneAtOnce) gone.insert(spoken_of);
    }
    if (query.before <= 1) return true;
  }
}

// Of whatever pipeline wrote into this store: bytes that none of its events name, also because their session is gone.
Result<void> StoreUpkeep::clean_artifacts() {
  const auto wiring = engine_.wiring();
  std::set<ArtifactStore*> seen;
  for (const auto& [name, pipeline] : wiring->pipelines) {
    if (ended()) return {};
    if (pipeline.store != host_.name() || pipeline.artifacts == nullptr) continue;
    if (!seen.insert(pipeline.artifacts.get()).second) continue;
    OrphanSearch search;
    search.now = engine_.clock().now();
    auto cleaned = collect_orphaned_artifacts(host_.store(), *pipeline.artifacts, search,
                                              dry() ? DryRun::yes : DryRun::no, cancel_);
    if (!cleaned) {
      failed(Error(cleaned.error()).with_context("artifacts '" + pipeline.artifacts_name + "'"));
      continue;
    }
    report_.artifacts_cleaned += cleaned->blobs;
    if (!dry()) report_.bytes_freed += cleaned->bytes;
    for (const std::string& problem : cleaned->problems) failed(Error(ErrorCode::storage_error, problem));
  }
  return {};
}

Result<void> StoreUpkeep::compact() {
  if (dry()) return {};
  auto freed = maintenance_.compact(cancel_);
  if (!freed) return freed.error();
  report_.bytes_freed += *freed;
  return {};
}

}  // namespace asmgr
