// Derive from StoreMaintenance beside Store to offer asmgr.store.maintenance/1. The contract of every function, and
// what orders are, is in <asmgr/abi/store_maintenance.h>.
#pragma once

#include <asmgr/abi/store_maintenance.h>

#include <asmgr/cpp/instance.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr::sdk {

// All functions may be called from any thread, concurrently. All views are borrowed for the call. To fail, throw
// StatusError.
class StoreMaintenance {
 public:
  virtual ~StoreMaintenance() = default;
  // Returns the report, one JSON object. Throws VALIDATION for an order that cannot be read.
  virtual std::string retain(std::string_view order_json, const Cancel& cancel) = 0;
  // Pushes one JSON object per problem. Throws CANCELLED when it was stopped by the token.
  virtual void check(const Cancel& cancel, TextSink& problems) = 0;
  // `limit` is at least 1.
  virtual void sizes(std::string_view after_id, std::uint32_t limit, ItemSink<asmgr_session_size>& out) = 0;
  // Returns one JSON object.
  virtual std::string measure() = 0;
};

namespace detail {

template <typename T>
struct StoreMaintenanceEdge {
  static asmgr_status retain(asmgr_instance* self, asmgr_str order_json, const asmgr_cancel* cancel,
                             const asmgr_sink* report_json, asmgr_error* error) noexcept {
    const Cancel token(instance_of<T>(self).host, cancel);
    return call<T>(self, error,
                   [&](StoreMaintenance& store) { TextSink(report_json).push(store.retain(view(order_json), token)); });
  }

  static asmgr_status check(asmgr_instance* self, const asmgr_cancel* cancel, const asmgr_sink* problems,
                            asmgr_error* error) noexcept {
    const Cancel token(instance_of<T>(self).host, cancel);
    return call<T>(self, error, [&](StoreMaintenance& store) {
      TextSink out(problems);
      store.check(token, out);
    });
  }

  static asmgr_status sizes(asmgr_instance* self, asmgr_str after_id, std::uint32_t limit,
                            const asmgr_sink* session_sizes, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](StoreMaintenance& store) {
      ItemSink<asmgr_session_size> out(session_sizes);
      store.sizes(view(after_id), limit == 0 ? 1000 : limit, out);
    });
  }

  static asmgr_status measure(asmgr_instance* self, const asmgr_sink* json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](StoreMaintenance& store) { TextSink(json).push(store.measure()); });
  }
};

template <typename T>
inline constexpr asmgr_store_maintenance kStoreMaintenanceTable = {
    sizeof(asmgr_store_maintenance),  0,
    &StoreMaintenanceEdge<T>::retain, &StoreMaintenanceEdge<T>::check,
    &StoreMaintenanceEdge<T>::sizes,  &StoreMaintenanceEdge<T>::measure};

}  // namespace detail
}  // namespace asmgr::sdk
