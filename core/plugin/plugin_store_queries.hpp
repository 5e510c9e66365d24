// The query facet of a store plugin behind its port; owned by its store.
#pragma once

#include <asmgr/abi/store_query.h>

#include "core/plugin/instance.hpp"
#include "core/ports/store_queries.hpp"

namespace asmgr {

// Thread-safe as the port is. What the plugin pushes is checked; a lie is plugin_misbehaved.
class PluginStoreQueries final : public StoreQueries {
 public:
  PluginStoreQueries(const Instance& instance, const asmgr_store_query& table) : instance_(instance), table_(table) {}
  // The names of the functions the table lacks.
  [[nodiscard]] static std::string missing_functions(const asmgr_store_query* table);

  [[nodiscard]] Result<FoundPage<Session>> search(std::string_view tenant, const SessionSearch& search,
                                                  std::string_view after) override;
  [[nodiscard]] Result<FoundPage<Run>> search(std::string_view tenant, const RunSearch& search,
                                              std::string_view after) override;
  [[nodiscard]] Result<FoundPage<Event>> search(std::string_view tenant, const EventSearch& search,
                                                std::string_view after) override;
  [[nodiscard]] Result<std::uint64_t> count(std::string_view tenant, const SessionSearch& search) override;
  [[nodiscard]] Result<std::uint64_t> count(std::string_view tenant, const RunSearch& search) override;
  [[nodiscard]] Result<std::uint64_t> count(std::string_view tenant, const EventSearch& search) override;
  [[nodiscard]] Result<SessionStats> session_stats(std::string_view tenant, std::string_view session_id) override;
  [[nodiscard]] Result<std::vector<UsageSums>> usage(std::string_view tenant, const UsageSearch& search) override;

 private:
  template <typename Element, typename Value, typename Search>
  [[nodiscard]] Result<FoundPage<Value>> page(std::string_view tenant, std::string_view what, const Search& search,
                                              std::string_view after);
  [[nodiscard]] Result<boost::json::object> summarize(std::string_view tenant, std::string_view what,
                                                      const boost::json::object& filter);
  [[nodiscard]] Result<std::uint64_t> counted(std::string_view tenant, std::string_view what,
                                              const boost::json::object& filter);

  const Instance& instance_;
  const asmgr_store_query& table_;
};

}  // namespace asmgr
