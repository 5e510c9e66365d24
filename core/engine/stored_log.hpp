// A session's log as its store has it: found by the session's id.
#pragma once

#include <string>

#include "core/engine/engine.hpp"
#include "core/engine/whole_log.hpp"

namespace asmgr {

// The document and the head belong together: no change of the document lies between the two reads.
struct StoredLog {
  StoreHost* host = nullptr;
  Session session;
  Head head;
};

// Reads the store on this thread. Errors: session_not_found, also for deleted sessions and those of another tenant.
[[nodiscard]] Result<StoredLog> find_log(SessionManager::Engine& engine, const std::string& session_id,
                                         const std::string& tenant);
// The same for readers: the session is recovered first when its host is dead, unless recovery has given it up.
[[nodiscard]] Result<StoredLog> find_recovered_log(SessionManager::Engine& engine, const std::string& session_id,
                                                   const std::string& tenant);

// storage_read_failed: what the log of a session that is to be copied was found to be.
[[nodiscard]] Error does_not_verify(const Error& problem, const std::string& refusal);

}  // namespace asmgr
