#include "upkeep_tables.hpp"

#include <utility>

namespace asmgr::postgres_store {
namespace {

// So few that one exchange can count all their events.
constexpr std::int64_t kSessionsAtOnce = 100;

constexpr const char* kUpkeepTables[] = {
    R"sql(ALTER TABLE @heads
      ADD COLUMN text_events bigint NOT NULL DEFAULT 0, ADD COLUMN text_bytes bigint NOT NULL DEFAULT 0)sql",
    "CREATE SEQUENCE @record_keys AS bigint",
    "ALTER TABLE @records ADD COLUMN key bigint NOT NULL DEFAULT nextval('@record_keys')",
    R"sql(CREATE TABLE @removed (key bigint PRIMARY KEY, id text COLLATE "C" NOT NULL, records_to bigint NOT NULL))sql",
    "CREATE INDEX removed_by_id ON @removed (id, records_to)",
};

}  // namespace

void add_upkeep_tables(Connection& connection, const Dialect& sql) {
  for (const char* statement : kUpkeepTables) connection.execute(sql(statement));
  const std::string page =
      sql("SELECT max(p.key) FROM (SELECT key FROM @sessions WHERE key > $1 ORDER BY key LIMIT $2) p "
          "HAVING max(p.key) IS NOT NULL");
  const std::string count = sql(
      "UPDATE @heads h SET text_events = t.events, text_bytes = t.bytes FROM (SELECT e.session, count(*) AS events, "
      "sum(octet_length(e.data) + octet_length(e.metadata))::bigint AS bytes FROM @events e "
      "WHERE e.session > $1 AND e.session <= $2 AND (e.flags & 1) = 0 GROUP BY e.session) t "
      "JOIN @sessions s ON s.key = t.session WHERE h.id = s.id");
  std::int64_t after = 0;
  while (true) {
    const Result last = connection.execute(page, std::move(Parameters().add(after).add(kSessionsAtOnce)));
    if (last.rows() == 0) return;
    const std::int64_t up_to = last.integer(0, 0);
    connection.execute(count, std::move(Parameters().add(after).add(up_to)));
    after = up_to;
  }
}

}  // namespace asmgr::postgres_store
