// Looking at everything in the file: its pages, its tables, every row, and whether they agree with each other.
#pragma once

#include <asmgr/cpp/cancel.hpp>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "database.hpp"
#include "rows.hpp"

namespace asmgr::sqlite_store {

// One check. Reads only, each table (of events: each session) at one moment.
class Checker {
 public:
  // All borrowed.
  Checker(Connection& connection, const sdk::Cancel& cancel, sdk::TextSink& problems);
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;
  ~Checker();

  // Once. Throws CANCELLED when it was stopped before its end.
  void check();

 private:
  using Kind = store_maintenance::ProblemKind;
  struct Enough {};  // thrown when the sink wants no more
  struct EventWalk;  // through the events of one session

  void report(Kind kind, std::string_view session_id, std::string_view message);
  // Runs one part; what cannot be read in it is a problem, and the others are looked at all the same.
  void part(std::string_view what, const std::function<void()>& look);
  // Takes a row with `read`; a wrong checksum is a problem. Whether the row is as it was written.
  template <typename Read>
  bool take(std::string_view session_id, Read read);

  void check_definitions();
  void check_pages();
  void check_sessions();
  void check_tags(std::int64_t key, std::string_view id, std::string_view doc);
  void check_heads();
  void check_runs();
  void check_records();
  void check_changes();
  void check_hosts();
  void check_rows_of_no_session();
  // In event_checker.cpp:
  void check_events();
  void read_names();
  void check_events_of(std::int64_t key);
  void check_event(const Rows& row, EventWalk& walk);
  void check_end(const EventWalk& walk);

  Connection& connection_;
  const sdk::Cancel& cancel_;
  sdk::TextSink& problems_;
  std::unordered_map<std::int64_t, std::string> names_;          // of event types and providers, by key
  std::unordered_map<std::int64_t, std::int64_t> type_numbers_;  // by the key of the type's name
};

}  // namespace asmgr::sqlite_store
