#include "checker.hpp"

#include <asmgr/toolkit/store_query.hpp>
#include <optional>
#include <vector>

#include "schema.hpp"

namespace asmgr::sqlite_store {
namespace {

// What SQLite does between two looks at the cancel token.
constexpr int kStepsPerLook = 100'000;

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// Whether the columns that are taken out of a run's doc, from `first` on, are those of the doc.
bool are_facts_of_doc(const Rows& row, int first, std::string_view doc) {
  const store_query::RunFacts facts = store_query::read_run_doc(doc);
  for (std::size_t i = 0; i < store_query::kTokenSums; ++i)
    if (row.integer(first + static_cast<int>(i)) != facts.tokens[i]) return false;
  const int after = first + static_cast<int>(store_query::kTokenSums);
  return row.integer(after) == facts.cost_micro_usd.value_or(-1) && row.bytes(after + 1) == facts.model;
}

}  // namespace

Checker::Checker(Connection& connection, const sdk::Cancel& cancel, sdk::TextSink& problems)
    : connection_(connection), cancel_(cancel), problems_(problems) {
  sqlite3_progress_handler(
      connection_.raw(), kStepsPerLook,
      [](void* token) { return static_cast<const sdk::Cancel*>(token)->cancelled() ? 1 : 0; },
      const_cast<sdk::Cancel*>(&cancel_));
}

Checker::~Checker() {
  sqlite3_progress_handler(connection_.raw(), 0, nullptr, nullptr);
}

void Checker::report(Kind kind, std::string_view session_id, std::string_view message) {
  if (!problems_.push(store_maintenance::problem_json(kind, session_id, message))) throw Enough();
}

void Checker::part(std::string_view what, const std::function<void()>& look) {
  cancel_.throw_if_cancelled();
  try {
    look();
  } catch (const DatabaseError& error) {
    cancel_.throw_if_cancelled();
    report(Kind::damaged, "", "The " + std::string(what) + " cannot be read to their end: " + error.message() + ".");
  }
}

template <typename Read>
bool Checker::take(std::string_view session_id, Read read) {
  try {
    read();
    return true;
  } catch (const DatabaseError&) {
    throw;
  } catch (const sdk::StatusError& error) {
    if (error.status() != ASMGR_E_STORAGE_READ) throw;
    report(Kind::checksum, session_id, error.message() + ".");
    return false;
  }
}

void Checker::check() {
  try {
    part("definitions of tables", [&] { check_definitions(); });
    part("pages of the file", [&] { check_pages(); });
    part("sessions", [&] { check_sessions(); });
    part("heads", [&] { check_heads(); });
    part("runs", [&] { check_runs(); });
    part("records", [&] { check_records(); });
    part("changes", [&] { check_changes(); });
    part("hosts", [&] { check_hosts(); });
    part("rows of no session", [&] { check_rows_of_no_session(); });
    part("events", [&] { check_events(); });
  } catch (const Enough&) {
    return;
  }
}

void Checker::check_definitions() {
  for (const SchemaItem& item : wanted_schema()) {
    const std::string found = found_sql(connection_, item);
    if (found == item.sql) continue;
    report(Kind::damaged, "",
           "The " + item.type + " " + quoted(item.name) +
               (found.empty() ? " is missing." : " is not defined as this store defines it."));
  }
}

void Checker::check_pages() {
  Rows rows = connection_.statement("PRAGMA integrity_check(100)").query();
  while (rows.next())
    if (rows.bytes(0) != "ok") report(Kind::damaged, "", "SQLite says: " + std::string(rows.bytes(0)) + ".");
}

void Checker::check_sessions() {
  static const std::string sql =
      "SELECT " + std::string(kSessionColumns) + ", EXISTS (SELECT 1 FROM heads h WHERE h.key = s.key) FROM sessions s";
  Rows rows = connection_.statement(sql).query();
  while (rows.next()) {
    const std::string_view id = rows.bytes(1);
    if (rows.integer(13) == 0) report(Kind::head, id, "Session " + quoted(id) + " has no head.");
    if (take(id, [&] { static_cast<void>(read_session(rows)); })) check_tags(rows.integer(0), id, rows.bytes(12));
  }
}

void Checker::check_tags(std::int64_t key, std::string_view id, std::string_view doc) {
  std::vector<std::string> tags;
  Rows rows = connection_.statement("SELECT tag FROM session_tags WHERE session = ? ORDER BY tag").query(key);
  while (rows.next()) tags.emplace_back(rows.bytes(0));
  if (tags != store_query::read_tags(doc))
    report(Kind::damaged, id, "The tags of session " + quoted(id) + " are not those of its document.");
}

void Checker::check_heads() {
  static const std::string sql =
      "SELECT " + std::string(kHeadColumns) + ", s.id FROM heads h LEFT JOIN sessions s ON s.key = h.key";
  Rows rows = connection_.statement(sql).query();
  while (rows.next()) {
    const std::string_view id = rows.bytes(9);
    if (id.empty()) report(Kind::orphan, "", "The head " + std::to_string(rows.integer(0)) + " belongs to no session.");
    take(id, [&] { static_cast<void>(read_head(rows, id)); });
  }
}

void Checker::check_runs() {
  static const std::string sql =
      "SELECT " + std::string(kRunColumns) +
      ", s.id, r.input_tokens, r.cache_read_tokens, r.cache_write_tokens, r.output_tokens, r.reasoning_tokens, "
      "r.total_tokens, coalesce(r.cost_micro_usd, -1), r.model FROM runs r LEFT JOIN sessions s ON s.key = r.session "
      "WHERE r.session NOT IN (SELECT key FROM removed)";
  Rows rows = connection_.statement(sql).query();
  while (rows.next()) {
    const std::string_view session = rows.bytes(10);
    const std::string_view id = rows.bytes(0);
    if (session.empty()) report(Kind::orphan, "", "Run " + quoted(id) + " belongs to no session.");
    if (!take(session, [&] { static_cast<void>(read_run(rows, session)); })) continue;
    if (!are_facts_of_doc(rows, 11, rows.bytes(9)))
      report(Kind::damaged, session,
             "The tokens, cost or model of run " + quoted(id) + " are not those of its document.");
  }
}

void Checker::check_records() {
  static const std::string sql = "SELECT " + std::string(kRecordColumns) + " FROM records";
  Rows rows = connection_.statement(sql).query();
  while (rows.next()) take(rows.bytes(7), [&] { static_cast<void>(read_record(rows)); });
}

void Checker::check_changes() {
  std::optional<std::uint64_t> expected;
  Rows rows = connection_.statement("SELECT first, count, entries, checksum FROM changes ORDER BY first").query();
  while (rows.next()) {
    const std::uint64_t first = rows.number(0);
    if (expected && first != *expected)
      report(Kind::damaged, "",
             "The changes before " + std::to_string(first) + " do not end at " + std::to_string(first - 1) + ".");
    if (!is_whole_change(rows))
      report(Kind::checksum, "", "The row of changes " + std::to_string(first) + " is not as it was written.");
    expected = first + rows.number(1);
  }
}

void Checker::check_hosts() {
  Rows rows = connection_.statement("SELECT id, boot_id, expires_us, checksum FROM hosts").query();
  while (rows.next())
    if (!is_whole_host(rows))
      report(Kind::checksum, "", "The row of host " + quoted(rows.bytes(0)) + " is not as it was written.");
}

void Checker::check_rows_of_no_session() {
  struct Table {
    const char* rows;
    const char* sql;
  };
  for (const Table& table :
       {Table{"tags",
              "SELECT session, count(*) FROM session_tags WHERE session NOT IN (SELECT key FROM sessions) "
              "GROUP BY session"},
        Table{"events",
              "SELECT session, count(*) FROM events INDEXED BY events_by_number WHERE session NOT IN (SELECT "
              "key FROM sessions) AND session NOT IN (SELECT key FROM removed) GROUP BY session"}}) {
    Rows rows = connection_.statement(table.sql).query();
    while (rows.next())
      report(Kind::orphan, "",
             std::to_string(rows.integer(1)) + " " + table.rows + " belong to session number " +
                 std::to_string(rows.integer(0)) + ", which does not exist.");
  }
}

}  // namespace asmgr::sqlite_store
