// A store plugin behind the store port.
#pragma once

#include <asmgr/abi/store.h>

#include <memory>
#include <mutex>
#include <vector>

#include "core/plugin/commit_buffers.hpp"
#include "core/plugin/instance.hpp"
#include "core/plugin/plugin_store_maintenance.hpp"
#include "core/plugin/plugin_store_queries.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// The facet for changes; owned by its store.
class PluginChangeFeed final : public ChangeFeed {
 public:
  PluginChangeFeed(const Instance& instance, const asmgr_store_changes& table) : instance_(instance), table_(table) {}
  [[nodiscard]] Result<std::vector<Change>> read(std::uint64_t after, std::uint32_t limit) override;
  [[nodiscard]] Result<std::uint64_t> latest() override;
  void wait(std::uint64_t after, std::chrono::milliseconds timeout, const CancelToken& cancel) override;

 private:
  const Instance& instance_;
  const asmgr_store_changes& table_;
};

// Thread-safe as the port is. What the plugin pushes is checked; a lie is plugin_misbehaved (in a commit: ambiguous,
// since nobody knows what such a store has written).
class PluginStore final : public Store {
 public:
  // Errors: plugin_load_failed (a table or function is missing, a description cannot be read).
  [[nodiscard]] static Result<std::unique_ptr<Store>> make(Instance instance);

  [[nodiscard]] const StoreInfo& info() const noexcept override { return info_; }
  [[nodiscard]] CommitStatus commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                    std::uint64_t wait_us) override;
  [[nodiscard]] Result<Head> head(std::string_view session_id) override;
  [[nodiscard]] Result<Timestamp> renew_host(std::string_view host_id, std::chrono::milliseconds ttl) override;
  [[nodiscard]] Result<void> remove_host(std::string_view host_id) override;
  [[nodiscard]] Result<std::vector<HostRow>> hosts() override;
  [[nodiscard]] Result<Session> get_session(std::string_view tenant, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Session>> list_sessions(const SessionQuery& query) override;
  [[nodiscard]] Result<void> delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) override;
  [[nodiscard]] Result<Run> get_run(std::string_view tenant, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Run>> list_runs(const RunQuery& query) override;
  [[nodiscard]] Result<void> visit_events(const EventQuery& query, const EventVisitor& visitor) override;
  [[nodiscard]] Result<Record> get_record(std::string_view tenant, std::string_view kind, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Record>> list_records(const RecordQuery& query) override;
  [[nodiscard]] ChangeFeed* changes() noexcept override { return changes_.get(); }
  [[nodiscard]] StoreQueries* queries() noexcept override { return queries_.get(); }
  [[nodiscard]] StoreMaintenance* maintenance() noexcept override { return maintenance_.get(); }

 private:
  PluginStore(Instance instance, const asmgr_store& table) : instance_(std::move(instance)), table_(table) {}
  [[nodiscard]] std::unique_ptr<CommitBuffers> take_buffers();
  void give_back(std::unique_ptr<CommitBuffers> buffers);

  Instance instance_;
  const asmgr_store& table_;
  StoreInfo info_;
  std::unique_ptr<PluginChangeFeed> changes_;
  std::unique_ptr<PluginStoreQueries> queries_;
  std::unique_ptr<PluginStoreMaintenance> maintenance_;
  std::mutex spare_mutex_;
  std::vector<std::unique_ptr<CommitBuffers>> spare_;
};

}  // namespace asmgr
