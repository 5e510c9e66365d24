// SQL put together from parts, each with its parameters.
#pragma once

#include <algorithm>
#include <asmgr/toolkit/store_query.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"

namespace asmgr::postgres_store {

// A statement in the making. Parts come in the order of the SQL, so that each `?` meets its parameter.
class QueryText {
 public:
  QueryText& add(std::string_view part) {
    for (const char c : part) {
      if (c == '?')
        sql_ += "$" + std::to_string(++named_);
      else
        sql_ += c;
    }
    return *this;
  }
  QueryText& add(std::string_view part, std::string_view text) {
    parameters_.text(text);
    return add(part);
  }
  QueryText& add(std::string_view part, std::int64_t number) {
    parameters_.add(number);
    return add(part);
  }
  // " AND COLUMN = ANY(?)"; nothing for no texts.
  QueryText& add_among(std::string_view column, const std::vector<std::string>& texts) {
    if (texts.empty()) return *this;
    Array list(Type::texts);
    for (const std::string& text : texts) list.add(std::string_view(text));
    return add_any(column, list);
  }
  // The same for the bits of a mask.
  QueryText& add_mask(std::string_view column, std::uint32_t mask) {
    if (mask == 0) return *this;
    Array list(Type::bigints);
    for (std::uint32_t bit = 0; bit < 32; ++bit) {
      if ((mask & (1u << bit)) != 0) list.add(bit);
    }
    return add_any(column, list);
  }
  // " AND COLUMN >= ? AND COLUMN <= ?", with only the ends that there are.
  QueryText& add_between(std::string_view column, const store_query::Between& between) {
    constexpr store_query::Between kAny;
    if (between.from != kAny.from) add(" AND ").add(column).add(" >= ?", between.from);
    if (between.to != kAny.to) add(" AND ").add(column).add(" <= ?", between.to);
    return *this;
  }

  // Such statements have many shapes, and are best planned for what they are asked: none is kept.
  [[nodiscard]] Request request(const Dialect& sql) && { return {sql(sql_), std::move(parameters_), Keep::no}; }

 private:
  QueryText& add_any(std::string_view column, const Array& list) {
    parameters_.add(list);
    return add(" AND ").add(column).add(" = ANY(?)");
  }

  std::string sql_;
  Parameters parameters_;
  int named_ = 0;
};

// "FROM ... WHERE ..." of the events that match, in no order.
void add_events(QueryText& text, const store_query::EventFilter& filter, std::string_view tenant);

// How many rows of a page of at most `limit` are shown, of those that were found when one more was asked for.
[[nodiscard]] inline int shown_of(const Result& rows, std::size_t limit) {
  return static_cast<int>(std::min(limit, static_cast<std::size_t>(rows.rows())));
}
[[nodiscard]] inline bool has_more(const Result& rows, std::size_t limit) {
  return static_cast<std::size_t>(rows.rows()) > limit;
}

}  // namespace asmgr::postgres_store
