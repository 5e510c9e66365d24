// The maintenance facet of a store plugin behind its port; owned by its store.
#pragma once

#include <asmgr/abi/store_maintenance.h>

#include <boost/json/object.hpp>

#include "core/plugin/instance.hpp"
#include "core/ports/store_maintenance.hpp"

namespace asmgr {

// Thread-safe as the port is. What the plugin pushes is checked; a lie is plugin_misbehaved.
class PluginStoreMaintenance final : public StoreMaintenance {
 public:
  PluginStoreMaintenance(const Instance& instance, const asmgr_store_maintenance& table)
      : instance_(instance), table_(table) {}
  // The names of the functions the table lacks.
  [[nodiscard]] static std::string missing_functions(const asmgr_store_maintenance* table);

  [[nodiscard]] Result<std::uint64_t> prune(std::string_view session_id, std::span<const SequenceRange> sequences,
                                            std::uint32_t batch_size, const CancelToken& cancel) override;
  [[nodiscard]] Result<std::uint64_t> remove(std::string_view session_id, std::uint64_t epoch, std::uint32_t batch_size,
                                             const CancelToken& cancel) override;
  [[nodiscard]] Result<std::uint64_t> compact(const CancelToken& cancel) override;
  [[nodiscard]] Result<std::vector<SessionSize>> sizes(std::string_view after_id, std::uint32_t limit) override;
  [[nodiscard]] Result<StoreSize> measure() override;
  // A check that was cancelled before its end is `cancelled`; one that the visitor stopped is not.
  [[nodiscard]] Result<void> check(const CancelToken& cancel, const ProblemVisitor& visitor) override;

 private:
  // The number that the report has under `key`.
  [[nodiscard]] Result<std::uint64_t> retain(const boost::json::object& order, std::string_view key,
                                             const CancelToken& cancel);

  const Instance& instance_;
  const asmgr_store_maintenance& table_;
};

}  // namespace asmgr
