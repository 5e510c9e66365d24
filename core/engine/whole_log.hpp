// A session's whole log, in whatever store: read page by page, followed from its first event.
#pragma once

#include <optional>
#include <string>

#include "core/engine/log_options.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// Calls `visit` for the events of a page, in order, at most up to the number `through`; it must not block: a store may
// hold a lock meanwhile. False from it ends the page early. An empty page is the end. Returns how many were visited.
[[nodiscard]] Result<std::size_t> read_page(Store& store, const std::string& session_id, std::uint64_t after,
                                            std::uint64_t through, const EventVisitor& visit);

// The hash of the event with this number, when there is one.
[[nodiscard]] Result<std::optional<Hash>> read_hash(Store& store, const std::string& session_id, std::uint64_t number);

// Follows the chain to `head`, looks beyond it, and checks that `expect` lies on the way. What is wrong with the log is
// an answer; an error is a store that does not answer. Run rows are not looked at.
[[nodiscard]] Result<VerifiedLog> follow_log(Store& store, const Session& session, const Head& head,
                                             const std::optional<LogPosition>& expect);

// The store answers and says that what it has cannot be what was written.
[[nodiscard]] bool is_damage(const Error& error) noexcept;

}  // namespace asmgr
