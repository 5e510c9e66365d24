#include "counted.hpp"

#include <utility>

namespace asmgr::postgres_store {
namespace {

constexpr std::int64_t kDocsAtOnce = 500;

// Tags are found by a hash: a tree refuses texts of more than a third of a page.
constexpr const char* kTables[] = {
    R"sql(CREATE TABLE @session_tags (session bigint NOT NULL, tag text COLLATE "C" NOT NULL))sql",
    R"sql(ALTER TABLE @runs
      ADD COLUMN input_tokens bigint NOT NULL DEFAULT 0, ADD COLUMN cache_read_tokens bigint NOT NULL DEFAULT 0,
      ADD COLUMN cache_write_tokens bigint NOT NULL DEFAULT 0, ADD COLUMN output_tokens bigint NOT NULL DEFAULT 0,
      ADD COLUMN reasoning_tokens bigint NOT NULL DEFAULT 0, ADD COLUMN total_tokens bigint NOT NULL DEFAULT 0,
      ADD COLUMN cost_micro_usd bigint, ADD COLUMN model text COLLATE "C" NOT NULL DEFAULT '')sql",
};
constexpr const char* kIndexes[] = {
    "CREATE INDEX session_tags_by_session ON @session_tags (session)",
    "CREATE INDEX session_tags_by_tag ON @session_tags USING hash (tag)",
    "CREATE INDEX sessions_by_update ON @sessions (updated_us, id)",
    "CREATE INDEX sessions_by_creation ON @sessions (created_us, id)",
    "CREATE INDEX runs_by_start ON @runs (started_us, id)",
    "CREATE INDEX runs_by_tokens ON @runs (total_tokens, id)",
    "CREATE INDEX runs_by_provider ON @runs (provider, session)",
};

void read_tags_of_all(Connection& connection, const Dialect& sql) {
  const std::string page = sql("SELECT key, doc FROM @sessions WHERE key > $1 ORDER BY key LIMIT $2");
  std::int64_t after = 0;
  while (true) {
    const Result rows = connection.execute(page, std::move(Parameters().add(after).add(kDocsAtOnce)));
    if (rows.rows() == 0) return;
    SessionTags tags;
    for (int i = 0; i < rows.rows(); ++i) tags.add(rows.integer(i, 0), rows.bytes(i, 1));
    if (!tags.empty()) connection.exchange({tags.insert(sql)});
    after = rows.integer(rows.rows() - 1, 0);
  }
}

void count_all_runs(Connection& connection, const Dialect& sql) {
  const std::string page = sql("SELECT id, doc FROM @runs WHERE id > $1 ORDER BY id LIMIT $2");
  const std::string update = sql("UPDATE @runs r SET (" + std::string(kCountColumns) + ") = ROW(u.a, u.b, u.c, u.d, " +
                                 "u.e, u.f, u.g, u.h) FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) " +
                                 "u(id, a, b, c, d, e, f, g, h) WHERE r.id = u.id");
  std::string after;
  while (true) {
    const Result rows = connection.execute(page, std::move(Parameters().text(after).add(kDocsAtOnce)));
    if (rows.rows() == 0) return;
    Array ids(Type::texts);
    RunCounts counts;
    for (int i = 0; i < rows.rows(); ++i) {
      ids.add(rows.bytes(i, 0));
      counts.add(rows.bytes(i, 1));
    }
    Parameters parameters;
    parameters.add(ids);
    counts.append_to(parameters);
    connection.execute(update, std::move(parameters));
    after.assign(rows.bytes(rows.rows() - 1, 0));
  }
}

}  // namespace

std::string kept_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '\0')
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out;
}

RunCounts::RunCounts()
    : tokens_{Array(Type::bigints), Array(Type::bigints), Array(Type::bigints),
              Array(Type::bigints), Array(Type::bigints), Array(Type::bigints)} {}

void RunCounts::add(std::string_view run_doc) {
  const store_query::RunFacts facts = store_query::read_run_doc(run_doc);
  for (std::size_t i = 0; i < tokens_.size(); ++i) tokens_[i].add(facts.tokens[i]);
  if (facts.cost_micro_usd)
    costs_.add(*facts.cost_micro_usd);
  else
    costs_.add_null();
  models_.add(std::string_view(kept_text(facts.model)));
}

void RunCounts::append_to(Parameters& parameters) const {
  for (const Array& column : tokens_) parameters.add(column);
  parameters.add(costs_).add(models_);
}

void SessionTags::add(std::int64_t session_key, std::string_view session_doc) {
  for (const std::string& tag : store_query::read_tags(session_doc)) {
    sessions_.add(session_key);
    tags_.add(std::string_view(kept_text(tag)));
  }
}

Request SessionTags::insert(const Dialect& sql) const {
  return {sql("INSERT INTO @session_tags (session, tag) SELECT * FROM unnest($1, $2)"),
          std::move(Parameters().add(sessions_).add(tags_))};
}

Request SessionTags::replace(const Dialect& sql, const Array& session_keys) const {
  return {sql("WITH said AS (SELECT * FROM unnest($2, $3) u(session, tag)), "
              "gone AS (DELETE FROM @session_tags t WHERE t.session = ANY($1) AND NOT EXISTS "
              "(SELECT 1 FROM said WHERE said.session = t.session AND said.tag = t.tag)) "
              "INSERT INTO @session_tags (session, tag) SELECT said.session, said.tag FROM said WHERE NOT EXISTS "
              "(SELECT 1 FROM @session_tags t WHERE t.session = said.session AND t.tag = said.tag)"),
          std::move(Parameters().add(session_keys).add(sessions_).add(tags_))};
}

void add_counted(Connection& connection, const Dialect& sql) {
  for (const char* statement : kTables) connection.execute(sql(statement));
  read_tags_of_all(connection, sql);
  count_all_runs(connection, sql);
  for (const char* statement : kIndexes) connection.execute(sql(statement));
}

}  // namespace asmgr::postgres_store
