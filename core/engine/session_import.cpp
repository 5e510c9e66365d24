// import_session: a session that was exported, written into a store as it was.
#include "core/engine/export_reader.hpp"
#include "core/engine/owed_answer.hpp"
#include "core/engine/session_copying.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/id.hpp"

namespace asmgr {
namespace {

using Engine = SessionManager::Engine;

// Leaves out the runs that the store has, wherever they belong. Returns how many.
Result<std::uint64_t> leave_out_known(Store& store, std::vector<Run>& runs) {
  std::uint64_t known = 0;
  std::vector<Run> unknown;
  for (Run& run : runs) {
    auto found = store.get_run({}, run.id);
    if (found) {
      ++known;
    } else if (found.error().code() == ErrorCode::run_not_found) {
      unknown.push_back(std::move(run));
    } else {
      return found.error();
    }
  }
  runs = std::move(unknown);
  return known;
}

void give_new_id(ReadExport& file, Timestamp now) {
  file.session.id = new_session_id(now);
  forget_provider_sessions(file.session);
  for (Run& run : file.runs) run.session_id = file.session.id;
}

AuditAct act_of(const ReadExport& file, const Caller& caller) {
  AuditAct act{.what = "session_imported", .by = caller, .session_id = file.session.id};
  act.details["agent_id"] = file.session.agent_id;
  act.details["log"] = to_text(file.head);
  act.details["runs"] = file.runs.size();
  return act;
}

Error with_hint(const Error& error) {
  if (error.code() != ErrorCode::already_exists) return error;
  return Error(ErrorCode::already_exists, error.message() + " in this store; import it under a new id (--new-id)");
}

void import_here(Engine& engine, Inline where, const ImportSessionOptions& options,
                 const Handler<ImportedSession>& handler) {
  auto host = engine.store_of_pipeline(options.pipeline);
  if (!host) return handler(host.error());
  auto file = read_export(options.read);
  if (!file) return handler(std::move(file).error().with_context("nothing was imported"));
  if (!options.tenant.empty() && file->session.tenant != options.tenant) {
    return handler(Error(ErrorCode::context_mismatch, "nothing was imported: session " + file->session.id +
                                                          " of the file belongs to tenant '" + file->session.tenant +
                                                          "', not to '" + options.tenant + "'"));
  }
  if (options.new_id) give_new_id(*file, engine.clock().now());
  auto known = leave_out_known((*host)->store(), file->runs);
  if (!known) return handler(known.error());
  ImportedSession imported;
  imported.head = file->head;
  imported.runs = file->runs.size();
  imported.known_runs = *known;
  imported.unfinished_runs = file->unfinished_runs;
  imported.artifacts = file->artifacts.size();
  auto copy = std::make_shared<SessionCopy>();
  copy->act = act_of(*file, options.caller);
  copy->session = std::move(file->session);
  copy->log = std::move(file->log);
  copy->runs = std::move(file->runs);
  copy->artifacts = std::move(file->artifacts);
  copy->as_it_is = true;
  write_copy(engine, **host, where, std::move(copy), [imported, handler](Result<Session> session) mutable {
    if (!session) return handler(with_hint(session.error()));
    imported.session = std::move(*session);
    handler(std::move(imported));
  });
}

}  // namespace

Result<ImportedSession> SessionManager::import_session(ImportSessionOptions options) {
  return block<ImportedSession>(
      [&](const Handler<ImportedSession>& done) { import_here(*engine_, Inline::yes, options, done); });
}

void SessionManager::begin_import_session(ImportSessionOptions options, Handler<ImportedSession> handler) {
  engine_->on_reader_thread([engine = engine_.get(), options = std::move(options), handler = owed(std::move(handler))] {
    import_here(*engine, Inline::no, options, handler);
  });
}

}  // namespace asmgr
