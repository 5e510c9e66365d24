// A store in this process's memory: fast, complete, and gone when the process ends.
#pragma once

#include <asmgr/cpp/host.hpp>
#include <asmgr/cpp/store.hpp>
#include <asmgr/cpp/store_maintenance.hpp>
#include <asmgr/cpp/store_query.hpp>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "tables.hpp"

namespace asmgr::memory_store {

// One lock guards all tables: commits hold it alone and only while they move prepared rows in, reads share it and let
// go of it every few dozen events, so that a long page never keeps a commit waiting.
class MemoryStore final : public sdk::Store,
                          public sdk::StoreChanges,
                          public sdk::StoreQuery,
                          public sdk::StoreMaintenance {
 public:
  explicit MemoryStore(sdk::Host host);
  ~MemoryStore() override;

  std::string describe() override;
  void commit(sdk::ArrayView<const asmgr_commit_unit> units, sdk::ArrayView<asmgr_commit_result> results,
              std::uint64_t wait_us) override;
  void head(std::string_view session_id, asmgr_head& out) override;
  std::int64_t host_renew(std::string_view host_id, std::uint64_t ttl_ms) override;
  void hosts(sdk::ItemSink<asmgr_host_row>& rows) override;
  void get_session(std::string_view tenant, std::string_view id, sdk::ItemSink<asmgr_session>& out) override;
  void list_sessions(const asmgr_session_query& query, sdk::ItemSink<asmgr_session>& out) override;
  void delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) override;
  void get_run(std::string_view tenant, std::string_view id, sdk::ItemSink<asmgr_run>& out) override;
  void list_runs(const asmgr_run_query& query, sdk::ItemSink<asmgr_run>& out) override;
  void get_events(const asmgr_event_query& query, sdk::ItemSink<asmgr_event>& out) override;
  void get_record(std::string_view tenant, std::string_view kind, std::string_view id,
                  sdk::ItemSink<asmgr_record>& out) override;
  void list_records(const asmgr_record_query& query, sdk::ItemSink<asmgr_record>& out) override;

  void read(std::uint64_t after, std::uint32_t limit, sdk::ItemSink<asmgr_change>& changes) override;
  std::uint64_t latest() override;
  void wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel) override;

  void search_sessions(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                       sdk::ItemSink<asmgr_session>& rows, sdk::TextSink& next_cursor) override;
  void search_runs(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                   sdk::ItemSink<asmgr_run>& rows, sdk::TextSink& next_cursor) override;
  void search_events(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                     sdk::ItemSink<asmgr_event>& rows, sdk::TextSink& next_cursor) override;
  std::string summarize(std::string_view tenant, std::string_view what, std::string_view filter_json) override;

  std::string retain(std::string_view order_json, const sdk::Cancel& cancel) override;
  void check(const sdk::Cancel& cancel, sdk::TextSink& problems) override;
  void sizes(std::string_view after_id, std::uint32_t limit, sdk::ItemSink<asmgr_session_size>& out) override;
  std::string measure() override;

 private:
  struct Change {
    std::uint64_t number;
    std::uint64_t last_seq;
    std::uint32_t kinds;
    std::string session_id;
  };
  // What a session was made of.
  struct RemovedRows {
    std::unique_ptr<Session> session;
    std::vector<std::map<std::string, RunRow, std::less<>>::node_type> runs;
    std::vector<RecordGroup::node_type> records;
  };
  class State;

  void apply(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan, PreparedUnit prepared);
  Session& session_for(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan, std::vector<std::string> tags);
  void apply_records(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan);
  // Takes the session and all its rows out of the tables, and notes the change.
  RemovedRows take_out(std::string_view id);
  // Throws STALE_EPOCH.
  static void require_epoch(const Session& session, std::uint64_t epoch);
  std::uint64_t prune(const store_maintenance::Prune& order, std::size_t batch_size, const sdk::Cancel& cancel);
  std::uint64_t remove(const store_maintenance::Remove& order);
  // Under the lock; announce() afterwards, without it.
  void note_change(std::string_view session_id, std::uint64_t last_seq, std::uint32_t kinds);
  void announce();

  [[nodiscard]] std::int64_t mono_us() const noexcept { return host_.mono_ns() / 1000; }
  [[nodiscard]] bool alive(std::string_view host_id) const;
  [[nodiscard]] const Session* visible(std::string_view tenant, std::string_view id) const;

  // Calls `visit` for every session, or run, in order of id; the lock is held during each call.
  template <typename Rows, typename Visit>
  void walk_rows(const Rows& rows, Visit visit) const;
  [[nodiscard]] bool found_by(const store_query::SessionFilter& filter, std::string_view tenant,
                              const Session& session) const;
  [[nodiscard]] bool found_by(const store_query::RunFilter& filter, std::string_view tenant, const RunRow& run) const;
  // Calls `visit` for the matching events from `seq` of session `id` on, in order of session and number, until it
  // answers false; likewise.
  void walk_events(const store_query::EventFilter& filter, std::string_view tenant, std::string id, std::uint64_t seq,
                   const std::function<bool(const asmgr_event&)>& visit) const;
  template <typename Visit>
  void walk_runs(const store_query::RunFilter& filter, std::string_view tenant, Visit visit) const;
  void search_in_time(const store_query::EventFilter& filter, std::string_view tenant, std::string_view cursor,
                      sdk::ItemSink<asmgr_event>& rows, sdk::TextSink& next_cursor) const;
  [[nodiscard]] std::string session_stats(std::string_view tenant, std::string_view id) const;
  [[nodiscard]] std::string usage(std::string_view tenant, const store_query::UsageFilter& filter) const;

  sdk::Host host_;
  mutable std::shared_mutex tables_mutex_;
  Tables tables_;  // guarded by tables_mutex_, as is what follows
  std::deque<Change> changes_;
  std::uint64_t latest_change_ = 0;

  std::mutex wait_mutex_;
  std::condition_variable changed_;
  std::uint64_t announced_ = 0;  // guarded by wait_mutex_, as is what follows
  bool ending_ = false;
  int waiting_ = 0;
};

}  // namespace asmgr::memory_store
