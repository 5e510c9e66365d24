// Giving space back: VACUUM of every table, which cannot be part of a transaction.
#include <algorithm>

#include "upkeep.hpp"

namespace asmgr::postgres_store {
namespace {

// The largest first.
constexpr std::string_view kVacuumed[] = {"events", "runs",    "records", "session_tags", "sessions",
                                          "heads",  "changes", "hosts",   "writers",      "removed"};

}  // namespace

std::uint64_t Upkeep::compact() {
  remove_leftovers(0);
  std::uint64_t freed = 0;
  std::unique_ptr<Connection> connection;
  for (const std::string_view table : kVacuumed) {
    if (cancel_.cancelled()) break;
    freed += vacuum(connection, table);
  }
  return freed;
}

// Plain: it waits for nobody's rows, and what it locks to cut the end off a table it gives up when somebody wants it.
std::uint64_t Upkeep::vacuum(std::unique_ptr<Connection>& connection, std::string_view table) {
  const std::string name = sql_("@" + std::string(table));
  const Request size = {"SELECT pg_total_relation_size('" + name + "'::regclass)", {}, Keep::no};
  const auto stopped = [this] { return cancel_.cancelled(); };
  const Deadline for_server(settings_.reconnect_timeout);
  Backoff backoff;
  while (true) {
    try {
      if (connection == nullptr || !connection->usable()) connection = connect_in_time(settings_);
      const std::uint64_t before = connection->exchange({size}).front().number(0, 0);
      // A table that somebody else is vacuuming is left to them.
      connection->execute_at_length({"VACUUM (SKIP_LOCKED) " + name}, stopped);
      const std::uint64_t after = connection->exchange({size}).front().number(0, 0);
      return before - std::min(before, after);
    } catch (const DatabaseError& error) {
      if (error.query_canceled() && cancel_.cancelled()) return 0;
      if (!error.lost() || !backoff.pause(for_server)) throw;
    }
  }
}

}  // namespace asmgr::postgres_store
