// The contract of a store once more, as naively as possible: what the stores are compared with. It shares no code with
// them and keeps whole copies where a store keeps a transaction.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/plugins/contract/values.hpp"

namespace asmgr::contract {

class ReferenceModel {
 public:
  UnitResult commit(const Unit& unit);
  std::vector<UnitResult> commit(const std::vector<Unit>& units);
  asmgr_status delete_session(const std::string& tenant, const std::string& id, std::uint64_t epoch);
  void set_host_alive(const std::string& id, bool alive);

  [[nodiscard]] Head head(const std::string& session_id) const;
  [[nodiscard]] Page<Session> get_session(const std::string& tenant, const std::string& id) const;
  [[nodiscard]] Page<Session> list_sessions(const SessionQuery& query) const;
  [[nodiscard]] Page<RunRow> get_run(const std::string& tenant, const std::string& id) const;
  [[nodiscard]] Page<RunRow> list_runs(const RunQuery& query) const;
  [[nodiscard]] Page<Event> get_events(const EventQuery& query) const;
  [[nodiscard]] Page<Record> get_record(const std::string& tenant, const std::string& kind,
                                        const std::string& id) const;
  [[nodiscard]] Page<Record> list_records(const RecordQuery& query) const;

 private:
  struct Log {
    Session row;
    std::vector<Event> events;
    std::string owner;
    std::uint64_t epoch = 0;
  };
  using RecordKey = std::tuple<std::string, std::string, std::string>;  // kind, id, tenant
  struct World {
    std::map<std::string, Log> logs;
    std::map<std::string, RunRow> runs;
    std::map<RecordKey, Record> records;
  };

  // Changes `world` as far as it comes; the caller throws it away on anything but OK.
  UnitResult apply(World& world, const Unit& unit) const;
  asmgr_status claim(Log& log, const Unit& unit) const;
  static asmgr_status apply_record(World& world, const Record& record, std::int64_t& value);
  static std::vector<Existing> stored_already(const Log& log, const Unit& unit);
  [[nodiscard]] const Log* visible(const std::string& tenant, const std::string& id) const;

  World world_;
  std::set<std::string> alive_;
};

}  // namespace asmgr::contract
