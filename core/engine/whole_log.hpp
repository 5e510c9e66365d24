// A session's whole log, in whatever store: read page by page, followed from its first event.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/engine/log_options.hpp"
#include "core/model/hash_chain.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// Calls `visit` for the events of a page, in order, at most up to the number `through`; it must not block: a store may
// hold a lock meanwhile. False from it ends the page early. An empty page is the end. Returns how many were visited.
[[nodiscard]] Result<std::size_t> read_page(Store& store, const std::string& session_id, std::uint64_t after,
                                            std::uint64_t through, const EventVisitor& visit);

// The hash of the event with this number, when there is one.
[[nodiscard]] Result<std::optional<Hash>> read_hash(Store& store, const std::string& session_id, std::uint64_t number);

struct FollowedPage {
  std::size_t events = 0;
  std::optional<Error> problem;  // what is wrong behind them, if anything
};
// Takes an event; false ends the page early, an error is a problem of the log's. As for read_page, it must not block.
using EventTaker = std::function<Result<bool>(const EventView&)>;
// Reads the next page along `chain`, at most up to the number `through`, which lies ahead; `take` gets each event that
// is as it was written. An error is a store that does not answer.
[[nodiscard]] Result<FollowedPage> follow_page(Store& store, const std::string& session_id, ChainVerifier& chain,
                                               std::uint64_t through, const EventTaker& take);

// The log that ends at `end` is this session's up to there, as far as hashes say.
[[nodiscard]] Result<bool> begins_with(Store& store, const std::string& session_id, const Head& end);

// Follows the chain to `head`, looks beyond it, and checks that `expect` lies on the way. What is wrong with the log is
// an answer; an error is a store that does not answer. Run rows are not looked at.
[[nodiscard]] Result<VerifiedLog> follow_log(Store& store, const Session& session, const Head& head,
                                             const std::optional<LogPosition>& expect);

// The store answers and says that what it has cannot be what was written.
[[nodiscard]] bool is_damage(const Error& error) noexcept;

}  // namespace asmgr
