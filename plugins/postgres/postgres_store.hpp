// A store in a PostgreSQL database, shared by hosts on many machines.
#pragma once

#include <asmgr/cpp/host.hpp>
#include <asmgr/cpp/store.hpp>
#include <asmgr/cpp/store_maintenance.hpp>
#include <asmgr/cpp/store_query.hpp>
#include <asmgr/toolkit/store_query.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "reader_pool.hpp"
#include "wake_ups.hpp"
#include "writer.hpp"

namespace asmgr::postgres_store {

class PostgresStore final : public sdk::Store,
                            public sdk::StoreChanges,
                            public sdk::StoreQuery,
                            public sdk::StoreMaintenance {
 public:
  // Connects, creating or migrating the schema where needed and allowed.
  PostgresStore(sdk::Host host, const Settings& settings);

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
  [[nodiscard]] Deadline own_deadline() const { return Deadline(settings_.busy_timeout); }
  Result query(std::string_view text, Parameters parameters = {}) {
    return readers_.query({sql_(text), std::move(parameters)});
  }
  GroupOutcome commit_one_by_one(Units units, const Deadline& for_locks);
  std::string session_stats(std::string_view tenant, std::string_view id);
  std::string usage(std::string_view tenant, const store_query::UsageFilter& filter);

  sdk::Host host_;
  const Settings settings_;
  const Dialect sql_;
  Writer writer_;
  ReaderPool readers_;
  WakeUps wake_ups_;
};

}  // namespace asmgr::postgres_store
