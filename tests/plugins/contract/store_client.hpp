// A store plugin driven through the C boundary, the way the host does it.
#pragma once

#include <asmgr/plugin.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/plugins/contract/test_host.hpp"
#include "tests/plugins/contract/values.hpp"

namespace asmgr::contract {

// A plugin file, loaded once per path and never unloaded.
class PluginFile {
 public:
  // Throws std::runtime_error when it cannot be loaded or is no plugin.
  explicit PluginFile(const std::string& path);
  // `kind` is one of ASMGR_KIND_*.
  [[nodiscard]] const asmgr_component& component(const std::string& name, std::uint32_t kind) const;

 private:
  const asmgr_plugin* plugin_ = nullptr;
};

// One instance. Every function: any thread.
class StoreClient {
 public:
  // `name` is plugin file and component. Throws CreateError when the store refuses.
  struct CreateError {
    asmgr_status status = ASMGR_OK;
    std::string message;
    std::string details;
  };
  StoreClient(const std::string& name, const std::string& config_json);
  StoreClient(const StoreClient&) = delete;
  StoreClient& operator=(const StoreClient&) = delete;
  ~StoreClient();

  [[nodiscard]] std::string describe() const;
  CommitAnswer commit(const std::vector<Unit>& units, std::uint64_t wait_us = UINT64_MAX) const;
  // One unit; a failure of the whole call is told as the unit's.
  UnitResult commit(const Unit& unit, std::uint64_t wait_us = UINT64_MAX) const;

  [[nodiscard]] Head head(const std::string& session_id) const;
  Answer renew_host(const std::string& id, std::uint64_t ttl_ms, std::int64_t* expires_us = nullptr) const;
  [[nodiscard]] std::vector<Host> hosts() const;

  [[nodiscard]] Page<Session> get_session(const std::string& tenant, const std::string& id) const;
  [[nodiscard]] Page<Session> list_sessions(const SessionQuery& query) const;
  Answer delete_session(const std::string& tenant, const std::string& id, std::uint64_t epoch) const;
  [[nodiscard]] Page<RunRow> get_run(const std::string& tenant, const std::string& id) const;
  [[nodiscard]] Page<RunRow> list_runs(const RunQuery& query) const;
  [[nodiscard]] Page<Event> get_events(const EventQuery& query) const;
  [[nodiscard]] Page<Event> events_of(const std::string& session_id) const;
  [[nodiscard]] Page<Record> get_record(const std::string& tenant, const std::string& kind,
                                        const std::string& id) const;
  [[nodiscard]] Page<Record> list_records(const RecordQuery& query) const;

  [[nodiscard]] bool has_changes() const noexcept { return changes_ != nullptr; }
  [[nodiscard]] Page<Change> read_changes(std::uint64_t after, std::uint32_t limit = 0) const;
  [[nodiscard]] std::uint64_t latest_change() const;
  Answer wait_change(std::uint64_t after, std::uint64_t timeout_ms, const asmgr_cancel* cancel = nullptr) const;

  [[nodiscard]] bool has_queries() const noexcept { return queries_ != nullptr; }
  // `filter` is JSON text.
  [[nodiscard]] Found<Session> search_sessions(const std::string& filter, const std::string& cursor = {},
                                               const std::string& tenant = {}) const;
  [[nodiscard]] Found<RunRow> search_runs(const std::string& filter, const std::string& cursor = {},
                                          const std::string& tenant = {}) const;
  [[nodiscard]] Found<Event> search_events(const std::string& filter, const std::string& cursor = {},
                                           const std::string& tenant = {}) const;
  // One text when it succeeds.
  [[nodiscard]] Page<std::string> summarize(const std::string& what, const std::string& filter,
                                            const std::string& tenant = {}) const;
  // What is searched by name; the rows are not looked at.
  [[nodiscard]] Answer search(const std::string& what, const std::string& filter, const std::string& cursor = {}) const;

  [[nodiscard]] bool has_maintenance() const noexcept { return maintenance_ != nullptr; }
  // One text when it succeeds.
  [[nodiscard]] Page<std::string> retain(const std::string& order, const asmgr_cancel* cancel = nullptr) const;
  // The problems, one JSON text each.
  [[nodiscard]] Page<std::string> check(const asmgr_cancel* cancel = nullptr) const;
  [[nodiscard]] Page<SessionSize> sizes(const std::string& after_id, std::uint32_t limit) const;
  [[nodiscard]] Page<std::string> measure() const;

  [[nodiscard]] const asmgr_store& table() const noexcept { return *store_; }
  [[nodiscard]] asmgr_instance* instance() const noexcept { return instance_; }
  [[nodiscard]] const TestHost& host() const noexcept { return *host_; }

 private:
  std::unique_ptr<TestHost> host_;
  const asmgr_component* component_ = nullptr;
  asmgr_instance* instance_ = nullptr;
  const asmgr_store* store_ = nullptr;
  const asmgr_store_changes* changes_ = nullptr;
  const asmgr_store_query* queries_ = nullptr;
  const asmgr_store_maintenance* maintenance_ = nullptr;
};

// A folder that goes away with its content.
class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace asmgr::contract
