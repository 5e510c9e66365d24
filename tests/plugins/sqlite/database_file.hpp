// A database file in a folder of its own, and the ways around its store.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "tests/plugins/contract/store_client.hpp"

namespace asmgr::contract {

class DatabaseFile {
 public:
  [[nodiscard]] std::string config() const {
    return R"({"path":")" + path() + R"(","durability":"normal","busy_timeout":5000})";
  }
  [[nodiscard]] std::string path() const { return folder_.path() + "/store.db"; }
  // Runs SQL behind the store's back. The first column of all rows, one a line.
  std::string sql(const std::string& text) const {
    sqlite3* raw = nullptr;
    EXPECT_EQ(sqlite3_open(path().c_str(), &raw), SQLITE_OK);
    sqlite3_busy_timeout(raw, 5000);
    std::string rows;
    char* message = nullptr;
    const auto add = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) += std::string(values[0] == nullptr ? "" : values[0]) + "\n";
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(raw, text.c_str(), add, &rows, &message), SQLITE_OK)
        << text << ": " << (message == nullptr ? "" : message);
    sqlite3_free(message);
    sqlite3_close(raw);
    return rows.empty() ? rows : rows.substr(0, rows.size() - 1);
  }

 private:
  TempFolder folder_;
};

}  // namespace asmgr::contract
