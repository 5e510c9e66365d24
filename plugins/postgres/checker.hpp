// Looking at everything in the schema: its tables, every row, and whether they agree with each other.
#pragma once

#include <asmgr/cpp/cancel.hpp>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"

namespace asmgr::postgres_store {

// One check, over a connection of its own. Reads only, and everything as it was at one moment: in one transaction,
// which begins anew after what could not be read.
class Checker {
 public:
  // All borrowed.
  Checker(const Settings& settings, const sdk::Cancel& cancel, sdk::TextSink& problems)
      : settings_(settings), sql_(settings.schema), cancel_(cancel), problems_(problems) {}

  // Once. Throws CANCELLED when it was stopped before its end, DatabaseError when the server is gone.
  void check();

 private:
  using Kind = store_maintenance::ProblemKind;
  struct Enough {};  // thrown when the sink wants no more

  void check_all();
  void begin();
  void report(Kind kind, std::string_view session_id, std::string_view message);
  // Statements may take as long as they take, but end when cancelled.
  Result ask(std::string_view text, Parameters parameters = {});
  // Runs one part; what cannot be read in it is a problem, and the others are looked at all the same. Whether it could
  // be read.
  bool part(std::string_view what, const std::function<void()>& look);
  // Takes a row with `read`; a wrong checksum is a problem. Whether the row is as it was written.
  template <typename Read>
  bool take(std::string_view session_id, Read read);

  void check_sessions();
  void check_tags(const Result& sessions, const std::vector<int>& whole);
  void check_heads();
  void check_runs();
  void check_records();
  void check_changes();
  void check_rows_of_no_session(std::string_view what, std::string_view table);
  // In event_checker.cpp:
  void check_events();
  void check_types();
  void check_events_of(const std::vector<std::int64_t>& keys);
  void check_log(const Result& logs, int row);
  void find_gaps(std::int64_t key, std::string_view session_id);

  const Settings& settings_;
  const Dialect sql_;
  const sdk::Cancel& cancel_;
  sdk::TextSink& problems_;
  std::unique_ptr<Connection> connection_;
  bool told_ = false;  // of a problem
};

}  // namespace asmgr::postgres_store
