// A connection to a test's own server, in SQL of its own.
#pragma once

#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace asmgr::faults {

class PostgresSql {
 public:
  // Throws std::runtime_error when the server does not answer, as do all others.
  explicit PostgresSql(const std::string& dsn) : connection_(PQconnectdb(dsn.c_str()), &PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  // `each` is given a row; several statements answer with the rows of the last one.
  template <typename Each>
  void rows(const std::string& sql, const Each& each) const {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()), &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
      throw std::runtime_error(std::string(PQerrorMessage(connection_.get())) + " in: " + sql);
    for (int row = 0; row < PQntuples(result.get()); ++row) each(Row{result.get(), row});
  }
  void run(const std::string& sql) const {
    rows(sql, [](const auto&) {});
  }

  struct Row {
    const PGresult* result;
    int number;
    [[nodiscard]] std::string text(int column) const { return PQgetvalue(result, number, column); }
    [[nodiscard]] std::int64_t integer(int column) const { return std::strtoll(text(column).c_str(), nullptr, 10); }
    [[nodiscard]] std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
    // Of a column selected as encode(..., 'hex').
    [[nodiscard]] std::string bytes(int column) const {
      const std::string hex = text(column);
      std::string out;
      for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out += static_cast<char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16));
      return out;
    }
  };

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

}  // namespace asmgr::faults
