// SQL put together from parts, each with its arguments.
#pragma once

#include <asmgr/cpp/json_text.hpp>
#include <asmgr/toolkit/store_query.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "database.hpp"

namespace asmgr::sqlite_store {

// A statement in the making. Parts come in the order of the SQL, so that each `?` meets its argument.
class QueryText {
 public:
  QueryText& add(std::string_view part) {
    sql_ += part;
    return *this;
  }
  template <typename... Arguments>
  QueryText& add(std::string_view part, Argument first, Arguments... others) {
    arguments_.push_back(std::move(first));
    (arguments_.emplace_back(std::move(others)), ...);
    return add(part);
  }
  // "(SELECT value FROM json_each(?))": one shape however many texts there are.
  QueryText& add_list(const std::vector<std::string>& texts) {
    std::string json = "[";
    for (const std::string& text : texts) json.append(json.size() > 1 ? "," : "").append(sdk::json_quote(text));
    return add("(SELECT value FROM json_each(?))", Argument(json + "]"));
  }
  // "COLUMN IN (1,2)" for the bits of a mask.
  QueryText& add_mask(std::string_view column, std::uint32_t mask) {
    std::string list;
    for (unsigned bit = 0; bit < 32; ++bit) {
      if ((mask & (1u << bit)) != 0) list += (list.empty() ? "" : ",") + std::to_string(bit);
    }
    return add(column).add(" IN (").add(list).add(")");
  }
  // " AND COLUMN BETWEEN ? AND ?", with only the ends that there are.
  QueryText& add_between(std::string_view column, const store_query::Between& between) {
    constexpr store_query::Between kAny;
    if (between.from != kAny.from) add(" AND ").add(column).add(" >= ?", Argument(between.from));
    if (between.to != kAny.to) add(" AND ").add(column).add(" <= ?", Argument(between.to));
    return *this;
  }

  // The text must outlive the rows.
  [[nodiscard]] Rows run(Connection& connection) const { return connection.statement(sql_).query_list(arguments_); }
  [[nodiscard]] std::int64_t run_for_number(Connection& connection) const {
    Rows rows = run(connection);
    return rows.next() ? rows.integer(0) : 0;
  }

 private:
  std::string sql_;
  std::vector<Argument> arguments_;
};

// Several reads of one state of the file.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection) : connection_(connection) { connection_.execute("BEGIN"); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction() {
    if (connection_.in_transaction()) sqlite3_exec(connection_.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

 private:
  Connection& connection_;
};

// A page's places in order, and the text of where it ended when there is more.
struct Place {
  std::int64_t key = 0;  // of the row
  store_query::Position position;
};
// Takes the one place above `limit` away again, which says that there is more.
[[nodiscard]] inline bool cut_to(std::size_t limit, std::vector<Place>& places) {
  if (places.size() <= limit) return false;
  places.resize(limit);
  return true;
}

}  // namespace asmgr::sqlite_store
