// Another client of a test's server, in SQL.
#pragma once

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>

#include "tests/plugins/postgres/one_server.hpp"

namespace asmgr::contract {

class Sql {
 public:
  Sql() : connection_(PQconnectdb(test::one_server().dsn().c_str()), &PQfinish) {}
  // The first value of the answer.
  std::string ask(const std::string& text) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), text.c_str()), &PQclear);
    EXPECT_STREQ(PQresultErrorMessage(result.get()), "") << text;
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

// Named after the test, for a server that is the program's alone.
inline std::string schema_of_test() {
  std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  name.resize(std::min<std::size_t>(name.size(), 48));
  for (char& c : name) c = c == '/' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace asmgr::contract
