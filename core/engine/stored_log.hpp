// A session's log as its store has it: found by the session's id, read page by page.
#pragma once

#include <functional>
#include <string>

#include "core/engine/engine.hpp"

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

// Calls `visit` for the events of a page, in order, at most up to the number `through`; it must not block: a store may
// hold a lock meanwhile. False from it ends the page early. An empty page is the end. Returns how many were visited.
[[nodiscard]] Result<std::size_t> read_page(const StoredLog& log, std::uint64_t after, std::uint64_t through,
                                            const EventVisitor& visit);

// storage_read_failed: what the log of a session that is to be copied was found to be.
[[nodiscard]] Error does_not_verify(const Error& problem, const std::string& refusal);

}  // namespace asmgr
