// The query facet of a store: search and sums across its sessions. Contract in full:
// sdk/include/asmgr/abi/store_query.h.
//
// Every function may be called from any thread, concurrently. None throws. Searches are taken as they are: check() them
// first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/event.hpp"
#include "core/model/run.hpp"
#include "core/model/search.hpp"
#include "core/model/session.hpp"

namespace asmgr {

// `next` says where the page ended, to this store and for the same search and tenant; empty when it was the last.
template <typename T>
struct FoundPage {
  std::vector<T> rows;
  std::string next;
};

class StoreQueries {
 public:
  virtual ~StoreQueries() = default;
  // One page after where another ended; `after` empty: the first. Errors: invalid_cursor, validation_error.
  [[nodiscard]] virtual Result<FoundPage<Session>> search(std::string_view tenant, const SessionSearch& search,
                                                          std::string_view after) = 0;
  [[nodiscard]] virtual Result<FoundPage<Run>> search(std::string_view tenant, const RunSearch& search,
                                                      std::string_view after) = 0;
  [[nodiscard]] virtual Result<FoundPage<Event>> search(std::string_view tenant, const EventSearch& search,
                                                        std::string_view after) = 0;
  // How many match, whatever the limit.
  [[nodiscard]] virtual Result<std::uint64_t> count(std::string_view tenant, const SessionSearch& search) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> count(std::string_view tenant, const RunSearch& search) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> count(std::string_view tenant, const EventSearch& search) = 0;
  // Errors: session_not_found.
  [[nodiscard]] virtual Result<SessionStats> session_stats(std::string_view tenant, std::string_view session_id) = 0;
  // One per combination of values of search.by that occurs.
  [[nodiscard]] virtual Result<std::vector<UsageSums>> usage(std::string_view tenant, const UsageSearch& search) = 0;
};

}  // namespace asmgr
