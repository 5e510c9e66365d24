// What is taken out of docs when they are written, so that SQL can search and sum it: the tags of sessions, and what is
// counted of runs. No checksum covers it: it can be made again from the docs.
#pragma once

#include <array>
#include <asmgr/toolkit/store_query.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "connection.hpp"

namespace asmgr::postgres_store {

// A text as the server keeps it: it has no NUL, which stands as U+FFFD instead. What is looked for has to go through
// this too.
[[nodiscard]] std::string kept_text(std::string_view text);

// Columns of run rows in this order, in the table and in the parameters that RunCounts appends.
inline constexpr std::string_view kCountColumns =
    "input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, total_tokens, "
    "cost_micro_usd, model";
inline constexpr int kCountColumnCount = 8;

// Of many runs, side by side.
class RunCounts {
 public:
  RunCounts();
  void add(std::string_view run_doc);
  void append_to(Parameters& parameters) const;

 private:
  std::array<Array, store_query::kTokenSums> tokens_;
  Array costs_{Type::bigints};  // NULL where nothing is known
  Array models_{Type::texts};
};

// Of many sessions: pairs of session and tag.
class SessionTags {
 public:
  void add(std::int64_t session_key, std::string_view session_doc);
  [[nodiscard]] bool empty() const noexcept { return tags_.empty(); }
  // Of sessions that have no tags in the table yet.
  [[nodiscard]] Request insert(const Dialect& sql) const;
  // Of those that may have: what is no longer there goes, what is new comes, what stays is left alone.
  [[nodiscard]] Request replace(const Dialect& sql, const Array& session_keys) const;

 private:
  Array sessions_{Type::bigints};
  Array tags_{Type::texts};
};

// The second version of the schema: makes those columns and tables, fills them from the docs there are. Runs in the
// transaction of a migration. Throws DatabaseError.
void add_counted(Connection& connection, const Dialect& sql);

}  // namespace asmgr::postgres_store
