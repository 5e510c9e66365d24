#include "checker.hpp"

#include <algorithm>
#include <asmgr/toolkit/store_query.hpp>
#include <map>
#include <optional>
#include <utility>

#include "counted.hpp"
#include "rows.hpp"

namespace asmgr::postgres_store {
namespace {

// Rows with documents that are read at once.
constexpr std::int64_t kRowsAtOnce = 200;

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// Whether a failure says something about what is stored: a page or a file that cannot be read, a table or a column that
// is not there, a value that cannot be. Everything else is about the server.
bool is_about_what_is_stored(const DatabaseError& error) {
  const std::string& state = error.state();
  if (error.lost() || state == "42501" || state.size() != 5) return false;
  return state.compare(0, 2, "XX") == 0 || state.compare(0, 2, "58") == 0 || state.compare(0, 2, "42") == 0 ||
         state.compare(0, 2, "22") == 0;
}

// Whether the columns that are taken out of a run's doc, from `first` on, are those of the doc.
bool are_facts_of_doc(const Result& rows, int row, int first, std::string_view doc) {
  const store_query::RunFacts facts = store_query::read_run_doc(doc);
  for (std::size_t i = 0; i < store_query::kTokenSums; ++i)
    if (rows.integer(row, first + static_cast<int>(i)) != facts.tokens[i]) return false;
  const int after = first + static_cast<int>(store_query::kTokenSums);
  return rows.integer(row, after) == facts.cost_micro_usd.value_or(-1) &&
         rows.bytes(row, after + 1) == kept_text(facts.model);
}

std::vector<std::string> kept_tags(std::string_view doc) {
  std::vector<std::string> tags;
  for (const std::string& tag : store_query::read_tags(doc)) tags.push_back(kept_text(tag));
  std::sort(tags.begin(), tags.end());
  return tags;
}

}  // namespace

void Checker::begin() {
  if (connection_ == nullptr || !connection_->usable()) connection_ = connect_in_time(settings_);
  connection_->execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

void Checker::report(Kind kind, std::string_view session_id, std::string_view message) {
  told_ = true;
  if (!problems_.push(store_maintenance::problem_json(kind, session_id, message))) throw Enough();
}

Result Checker::ask(std::string_view text, Parameters parameters) {
  cancel_.throw_if_cancelled();
  return connection_->execute_at_length({sql_(text), std::move(parameters)}, [this] { return cancel_.cancelled(); });
}

bool Checker::part(std::string_view what, const std::function<void()>& look) {
  cancel_.throw_if_cancelled();
  try {
    look();
    return true;
  } catch (const DatabaseError& error) {
    cancel_.throw_if_cancelled();
    if (!is_about_what_is_stored(error)) throw;
    connection_->roll_back();
    report(Kind::damaged, "", "The " + std::string(what) + " cannot be read to their end: " + error.message() + ".");
    begin();
    return false;
  }
}

template <typename Read>
bool Checker::take(std::string_view session_id, Read read) {
  try {
    read();
    return true;
  } catch (const sdk::StatusError& error) {
    if (error.status() != ASMGR_E_STORAGE_READ) throw;
    report(Kind::checksum, session_id, error.message() + ".");
    return false;
  }
}

void Checker::check() {
  cancel_.throw_if_cancelled();
  std::optional<Deadline> for_server;
  Backoff backoff;
  while (true) {
    try {
      return check_all();
    } catch (const Enough&) {
      return;
    } catch (const DatabaseError& error) {
      // Once something was told it would be told twice.
      if (!error.lost() || told_) throw;
      if (!for_server) for_server.emplace(settings_.reconnect_timeout);
      if (!backoff.pause(*for_server)) throw;
    }
  }
}

void Checker::check_all() {
  begin();
  part("sessions", [&] { check_sessions(); });
  part("heads", [&] { check_heads(); });
  part("runs", [&] { check_runs(); });
  part("records", [&] { check_records(); });
  part("changes", [&] { check_changes(); });
  part("tags", [&] { check_rows_of_no_session("tags", "@session_tags"); });
  part("events", [&] { check_rows_of_no_session("events", "@events"); });
  part("types of events", [&] { check_types(); });
  check_events();
}

void Checker::check_sessions() {
  const std::string text = "SELECT " + std::string(kSessionColumns) +
                           ", EXISTS (SELECT 1 FROM @heads h WHERE h.id = s.id AND h.key = s.key) FROM @sessions s "
                           "WHERE s.key > $1 ORDER BY s.key LIMIT $2";
  std::int64_t after = INT64_MIN;
  while (true) {
    const Result rows = ask(text, std::move(Parameters().add(after).add(kRowsAtOnce)));
    if (rows.rows() == 0) return;
    std::vector<int> whole;
    for (int i = 0; i < rows.rows(); ++i) {
      const std::string_view id = rows.bytes(i, 1);
      if (rows.integer(i, 13) == 0) report(Kind::head, id, "Session " + quoted(id) + " has no head.");
      if (take(id, [&] { static_cast<void>(read_session(rows, i)); })) whole.push_back(i);
    }
    check_tags(rows, whole);
    after = rows.integer(rows.rows() - 1, 0);
  }
}

// Of the rows `whole`, which are in order of key.
void Checker::check_tags(const Result& sessions, const std::vector<int>& whole) {
  Array keys(Type::bigints);
  for (const int row : whole) keys.add(sessions.integer(row, 0));
  const Result rows =
      ask("SELECT session, tag FROM @session_tags WHERE session = ANY($1)", std::move(Parameters().add(keys)));
  std::map<std::int64_t, std::vector<std::string>> found;
  for (int i = 0; i < rows.rows(); ++i) found[rows.integer(i, 0)].emplace_back(rows.bytes(i, 1));
  for (const int row : whole) {
    std::vector<std::string>& tags = found[sessions.integer(row, 0)];
    std::sort(tags.begin(), tags.end());
    const std::string_view id = sessions.bytes(row, 1);
    if (tags != kept_tags(sessions.bytes(row, 12)))
      report(Kind::damaged, id, "The tags of session " + quoted(id) + " are not those of its document.");
  }
}

void Checker::check_heads() {
  const Result rows =
      ask("SELECT h.id FROM @heads h WHERE NOT EXISTS (SELECT 1 FROM @sessions s WHERE s.id = h.id AND s.key = h.key)");
  for (int i = 0; i < rows.rows(); ++i)
    report(Kind::orphan, rows.bytes(i, 0), "The head of " + quoted(rows.bytes(i, 0)) + " belongs to no session.");
}

void Checker::check_runs() {
  const std::string text =
      "SELECT " + std::string(kRunColumns) +
      ", s.id, r.input_tokens, r.cache_read_tokens, r.cache_write_tokens, r.output_tokens, r.reasoning_tokens, "
      "r.total_tokens, coalesce(r.cost_micro_usd, -1), r.model FROM @runs r LEFT JOIN @sessions s ON s.key = r.session "
      "WHERE r.id > $1 AND " +
      std::string(kRunIsThere) + " ORDER BY r.id LIMIT $2";
  std::string after;
  while (true) {
    const Result rows = ask(text, std::move(Parameters().text(after).add(kRowsAtOnce)));
    if (rows.rows() == 0) return;
    for (int i = 0; i < rows.rows(); ++i) {
      const std::string_view id = rows.bytes(i, 0);
      const std::string_view session = rows.bytes(i, 10);
      if (session.empty()) report(Kind::orphan, "", "Run " + quoted(id) + " belongs to no session.");
      if (!take(session, [&] { static_cast<void>(read_run(rows, i, session)); })) continue;
      if (!are_facts_of_doc(rows, i, 11, rows.bytes(i, 9)))
        report(Kind::damaged, session,
               "The tokens, cost or model of run " + quoted(id) + " are not those of its document.");
    }
    after.assign(rows.bytes(rows.rows() - 1, 0));
  }
}

void Checker::check_records() {
  const std::string text = "SELECT " + std::string(kRecordColumns) +
                           " FROM @records r WHERE (r.kind, r.id, r.tenant) > ($1, $2, $3) AND " +
                           std::string(kRecordIsThere) + " ORDER BY r.kind, r.id, r.tenant LIMIT $4";
  std::string kind, id, tenant;
  while (true) {
    const Result rows = ask(text, std::move(Parameters().text(kind).text(id).text(tenant).add(kRowsAtOnce)));
    if (rows.rows() == 0) return;
    for (int i = 0; i < rows.rows(); ++i) take(rows.bytes(i, 7), [&] { static_cast<void>(read_record(rows, i)); });
    kind.assign(rows.bytes(rows.rows() - 1, 0));
    id.assign(rows.bytes(rows.rows() - 1, 1));
    tenant.assign(rows.bytes(rows.rows() - 1, 2));
  }
}

// Each row begins where the one before ends, and the last one ends where the store says it is.
void Checker::check_changes() {
  const Result rows =
      ask("SELECT c.first, c.next, c.following FROM (SELECT first, first + cardinality(kinds) AS next, "
          "lead(first) OVER (ORDER BY first) AS following, cardinality(kinds) AS kinds, "
          "cardinality(sessions) AS sessions, cardinality(seqs) AS seqs FROM @changes) c "
          "WHERE c.next <> coalesce(c.following, (SELECT last_change + 1 FROM @state)) OR c.kinds <> c.sessions "
          "OR c.kinds <> c.seqs ORDER BY c.first");
  for (int i = 0; i < rows.rows(); ++i)
    report(Kind::damaged, "",
           "The row of changes " + std::to_string(rows.integer(i, 0)) + " does not end where the next one begins.");
}

void Checker::check_rows_of_no_session(std::string_view what, std::string_view table) {
  const Result rows = ask("SELECT t.session, count(*) FROM " + std::string(table) +
                          " t WHERE NOT EXISTS (SELECT 1 FROM @sessions s WHERE s.key = t.session) AND NOT EXISTS "
                          "(SELECT 1 FROM @removed d WHERE d.key = t.session) GROUP BY t.session ORDER BY t.session");
  for (int i = 0; i < rows.rows(); ++i)
    report(Kind::orphan, "",
           std::to_string(rows.integer(i, 1)) + " " + std::string(what) + " belong to session number " +
               std::to_string(rows.integer(i, 0)) + ", which does not exist.");
}

}  // namespace asmgr::postgres_store
