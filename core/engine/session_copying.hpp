// A new session whose log begins with a copy: what fork and import write, as one unit.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/engine/artifact_registry.hpp"
#include "core/engine/audit_act.hpp"
#include "core/engine/copied_log.hpp"
#include "core/engine/engine.hpp"

namespace asmgr {

// The document says the chain that the copied events belong to.
struct SessionCopy {
  Session session;
  std::shared_ptr<const CopiedLog> log;
  std::vector<Run> runs;            // written with the session
  std::vector<Artifact> artifacts;  // that its events name, registered for it whatever session they say
  bool as_it_is = false;            // document and rows keep their versions and times
  std::optional<AuditAct> act;      // to account for
  boost::json::object fork_data;    // not empty: of the session_created that goes on after the copy
};

// Errors: already_exists. The session is this host's afterwards.
void write_copy(SessionManager::Engine& engine, StoreHost& host, Inline where, std::shared_ptr<const SessionCopy> copy,
                Handler<Session> handler);

// A provider's own session has gone on with the original; a copy must not speak into it.
void forget_provider_sessions(Session& session);

}  // namespace asmgr
