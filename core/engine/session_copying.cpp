#include "core/engine/session_copying.hpp"

#include "core/engine/verb_answers.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

void create_copy(SessionRuntime& session, const SessionOp::Ptr& op, const SessionCopy& copy,
                 const Answer<Session>& answer) {
  if (session.exists()) {
    return refuse(session, op, Error(ErrorCode::already_exists, "session " + session.id() + " exists already"));
  }
  session.create(copy.session, std::string(find_string(copy.session.metadata, "provider").value_or("")));
  UnitWriter& writer = session.writer();
  writer.stage_copy(copy.log, session.names());
  if (!copy.fork_data.empty()) writer.stage(EventType::session_created, copy.fork_data, session.names());
  for (const Run& run : copy.runs)
    writer.stage_run(std::make_shared<RunRow>(RunRow{run, kVersionAbsent, std::nullopt}));
  for (Artifact artifact : copy.artifacts) {
    artifact.session_id = session.id();
    writer.stage_record(register_artifact(artifact, copy.session.tenant));
  }
  if (copy.act) writer.account_for(*copy.act);
  writer.stage_session(session.row());
  if (copy.as_it_is) writer.keep_rows_as_they_are();
  writer.when_durable([&session, op, answer](const Result<void>& durable) {
    if (!durable) {
      session.uncreate();
      session.failed(op, durable.error());
    } else if (session.finish(op)) {
      answer(session.session());
    }
  });
}

}  // namespace

void write_copy(SessionManager::Engine& engine, StoreHost& host, Inline where, std::shared_ptr<const SessionCopy> copy,
                Handler<Session> handler) {
  const std::string& id = copy->session.id;
  engine.send<Session>(
      host, id, where,
      [copy, handler](SessionRuntime& session, const SessionOp::Ptr& op) { create_copy(session, op, *copy, handler); },
      handler, std::nullopt);
}

void forget_provider_sessions(Session& session) {
  session.metadata.erase("provider_sessions");
}

}  // namespace asmgr
