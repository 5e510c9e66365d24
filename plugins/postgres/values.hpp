// Values as they travel to and from the server: in PostgreSQL's binary format, so that no text is quoted, escaped or
// copied into a statement.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::postgres_store {

// The server's numbers of the types in use; they are fixed for ever.
enum class Type : Oid { bytea = 17, bigint = 20, text = 25, byteas = 1001, texts = 1009, bigints = 1016 };

// A one-dimensional array: the column of one statement that writes many rows.
class Array {
 public:
  // `type` is byteas, texts or bigints.
  explicit Array(Type type);

  void add(std::int64_t number);
  void add(std::uint64_t number) { add(static_cast<std::int64_t>(number)); }
  void add(std::uint32_t number) { add(static_cast<std::int64_t>(number)); }
  void add(std::string_view bytes);
  void add_null();

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return elements_.size(); }

 private:
  friend class Parameters;
  Type type_;
  std::uint32_t count_ = 0;
  bool has_nulls_ = false;
  std::string elements_;
};

// The parameters $1, $2, ... of one statement. Owns what it was given.
class Parameters {
 public:
  Parameters& add(std::int64_t number);
  Parameters& add(std::uint64_t number) { return add(static_cast<std::int64_t>(number)); }
  Parameters& add(std::uint32_t number) { return add(static_cast<std::int64_t>(number)); }
  Parameters& text(std::string_view value) { return append(Type::text, std::string(value)); }
  Parameters& add(const Array& array);

  [[nodiscard]] int count() const noexcept { return static_cast<int>(values_.size()); }
  [[nodiscard]] const Oid* types() const noexcept { return types_.data(); }
  // As libpq wants them; valid until the parameters change or go.
  struct Pointers {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  [[nodiscard]] Pointers pointers() const;

 private:
  Parameters& append(Type type, std::string value);
  std::vector<Oid> types_;
  std::vector<std::string> values_;
};

// What one statement answered.
class Result {
 public:
  explicit Result(PGresult* result) noexcept : result_(result) {}

  [[nodiscard]] int rows() const noexcept { return PQntuples(result_.get()); }
  // Of integers of any width and of booleans.
  [[nodiscard]] std::int64_t integer(int row, int column) const noexcept;
  [[nodiscard]] std::uint64_t number(int row, int column) const noexcept {
    return static_cast<std::uint64_t>(integer(row, column));
  }
  [[nodiscard]] std::uint32_t small(int row, int column) const noexcept {
    return static_cast<std::uint32_t>(integer(row, column));
  }
  // Of text and bytea, borrowed from the result; NULL is empty.
  [[nodiscard]] std::string_view bytes(int row, int column) const noexcept {
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  // Rows that were written.
  [[nodiscard]] std::size_t affected() const noexcept;
  [[nodiscard]] const PGresult* raw() const noexcept { return result_.get(); }

 private:
  struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace asmgr::postgres_store
