// The rows that the units of one commit call touch: read and locked in one exchange, changed here, written in another.
#pragma once

#include <asmgr/cpp/store.hpp>
#include <asmgr/toolkit/store_rules.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "connection.hpp"

namespace asmgr::postgres_store {

using Units = sdk::ArrayView<const asmgr_commit_unit>;

// As the server's rows stood when they were locked, with the effect of the units accepted since: what a later unit of
// the call sees is what the earlier ones leave. Borrows the units. One per try.
class GroupState final : public store_rules::StoreState {
 public:
  // Of the units [first, first + count).
  GroupState(Units units, std::size_t first, std::size_t count);

  // Appends what locks and reads the rows, in the one order in which every host locks: heads by id, records by key.
  void ask(const Dialect& sql, std::vector<Request>& requests);
  // Takes the answers to those requests, of which the first is answers[from].
  void load(std::vector<Result>&& answers, std::size_t from);

  // Notes what the accepted unit writes.
  void accept(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan);
  [[nodiscard]] bool has_writes() const noexcept { return !kinds_.empty(); }
  // Appends what writes all that was accepted. The last request answers the number of the group's first change.
  void write(const Dialect& sql, std::vector<Request>& requests) const;
  [[nodiscard]] std::size_t changes() const noexcept { return kinds_.size(); }

  const store_rules::HeadState* head(std::string_view session_id) override;
  store_rules::SessionState session(std::string_view session_id) override;
  bool host_alive(std::string_view host_id) override;
  store_rules::RunState run(std::string_view session_id, std::string_view run_id) override;
  store_rules::RecordState record(std::string_view tenant, std::string_view kind, std::string_view id) override;
  std::uint64_t caller_event(std::string_view session_id, std::string_view event_id) override;

 private:
  struct SessionRow {
    bool existed = false;  // before this call
    bool exists = false;
    bool head_changed = false;
    bool may_be_made = false;
    bool touched_document = false;  // its version is wanted
    bool has_tags = false;          // in the table of tags
    std::int64_t key = 0;
    std::uint64_t version = 0;
    store_rules::HeadState head;
    std::string_view last_hash;     // empty = stays
    std::uint64_t text_events = 0;  // that come to it, of those that have text
    std::uint64_t text_bytes = 0;
    const asmgr_session* document = nullptr;  // to write
  };
  struct RunRow {
    bool existed = false;
    bool left_over = false;  // from a removed session: its id is free, its row is in the way
    std::int64_t session_key = 0;
    std::uint64_t version = 0;
    const asmgr_run* row = nullptr;  // to write
  };
  struct RecordRow {
    bool existed = false;
    bool exists = false;
    bool changed = false;
    bool left_over = false;  // as of a run
    int stored_at = -1;      // its row in the answer
    std::uint64_t version = 0;
    std::int64_t value = 0;
    asmgr_record row{};  // to write, when it exists
  };
  using RecordKey = std::tuple<std::string_view, std::string_view, std::string_view>;  // kind, id, tenant

  void collect(const asmgr_commit_unit& unit);
  void load_heads(const Result& heads);
  void load_records(const Result& records);
  void accept_events(SessionRow& session, const asmgr_commit_unit& unit);
  void accept_records(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan);
  // The row that an addition changes: as an earlier unit leaves it, else as it is stored.
  asmgr_record row_of(const RecordRow& row, const asmgr_record& added) const;
  void write_sessions(const Dialect& sql, std::vector<Request>& requests) const;
  void write_tags(const Dialect& sql, std::vector<Request>& requests) const;
  void write_heads(const Dialect& sql, std::vector<Request>& requests) const;
  void write_runs(const Dialect& sql, std::vector<Request>& requests) const;
  void write_events(const Dialect& sql, std::vector<Request>& requests) const;
  void write_records(const Dialect& sql, std::vector<Request>& requests) const;
  void write_changes(const Dialect& sql, std::vector<Request>& requests) const;

  std::size_t new_sessions_ = 0;  // that may be made
  bool takes_ = false;
  std::map<std::string_view, SessionRow> sessions_;  // in order of their keys, as all maps here: that of locking
  std::map<std::string_view, RunRow> runs_;
  std::map<RecordKey, RecordRow> records_;
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> caller_events_;  // 0 = not stored
  std::vector<std::string> living_hosts_;

  enum class Question : std::uint8_t { heads, living, keys, versions, runs, caller_events, records };
  std::vector<Question> asked_;
  std::vector<Result> answers_;  // rows of records are borrowed from it
  const Result* stored_records_ = nullptr;

  std::vector<std::pair<std::int64_t, const asmgr_commit_unit*>> events_of_;  // session keys and units with events
  Array kinds_{Type::bigints};
  Array changed_sessions_{Type::texts};
  Array sequences_{Type::bigints};
};

}  // namespace asmgr::postgres_store
