// Derive from StoreQuery beside Store to offer asmgr.store.query/1. The contract of every function, and what filters
// are, is in <asmgr/abi/store_query.h>.
#pragma once

#include <asmgr/abi/store_query.h>

#include <asmgr/cpp/instance.hpp>
#include <string>
#include <string_view>

namespace asmgr::sdk {

// All functions may be called from any thread, concurrently. All views are borrowed for the call. To fail, throw
// StatusError.
class StoreQuery {
 public:
  virtual ~StoreQuery() = default;
  // One page; where it ended goes to `next_cursor` when there is more.
  virtual void search_sessions(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                               ItemSink<asmgr_session>& rows, TextSink& next_cursor) = 0;
  virtual void search_runs(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                           ItemSink<asmgr_run>& rows, TextSink& next_cursor) = 0;
  virtual void search_events(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                             ItemSink<asmgr_event>& rows, TextSink& next_cursor) = 0;
  // Returns one JSON object. Throws UNSUPPORTED for a `what` it does not know.
  virtual std::string summarize(std::string_view tenant, std::string_view what, std::string_view filter_json) = 0;
};

// The answer to a `what` that a store has no sums for.
[[noreturn]] inline void refuse_query_of(std::string_view what) {
  throw StatusError(ASMGR_E_UNSUPPORTED, "'" + std::string(what) + "' is nothing this store can be asked for");
}

namespace detail {

template <typename T>
struct StoreQueryEdge {
  static asmgr_status search(asmgr_instance* self, asmgr_str tenant, asmgr_str what, asmgr_str filter_json,
                             asmgr_str cursor, const asmgr_sink* rows, const asmgr_sink* next_cursor,
                             asmgr_error* error) noexcept {
    return call<T>(self, error, [&](StoreQuery& store) {
      TextSink next(next_cursor);
      const auto page = [&](auto out, auto function) {
        (store.*function)(view(tenant), view(filter_json), view(cursor), out, next);
      };
      if (view(what) == "sessions")
        page(ItemSink<asmgr_session>(rows), &StoreQuery::search_sessions);
      else if (view(what) == "runs")
        page(ItemSink<asmgr_run>(rows), &StoreQuery::search_runs);
      else if (view(what) == "events")
        page(ItemSink<asmgr_event>(rows), &StoreQuery::search_events);
      else
        refuse_query_of(view(what));
    });
  }

  static asmgr_status summarize(asmgr_instance* self, asmgr_str tenant, asmgr_str what, asmgr_str filter_json,
                                const asmgr_sink* json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](StoreQuery& store) {
      TextSink(json).push(store.summarize(view(tenant), view(what), view(filter_json)));
    });
  }
};

template <typename T>
inline constexpr asmgr_store_query kStoreQueryTable = {sizeof(asmgr_store_query), 0, &StoreQueryEdge<T>::search,
                                                       &StoreQueryEdge<T>::summarize};

}  // namespace detail
}  // namespace asmgr::sdk
