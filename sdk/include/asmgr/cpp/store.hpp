// Derive from Store to write a store. The contract of every function is in <asmgr/abi/store.h>.
#pragma once

#include <asmgr/abi/store.h>

#include <asmgr/cpp/instance.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr::sdk {

// All functions may be called from any thread, concurrently: a store locks for itself. All views are borrowed for the
// call. To fail, throw StatusError.
class Store {
 public:
  virtual ~Store() = default;

  // One JSON object: durable, multi_process, fast_commit, readers, limits.
  virtual std::string describe() = 0;
  // Fill results[i] for units[i] with accept() or refuse() below once everything is committed. Throws BUSY,
  // STORAGE_AMBIGUOUS, STORAGE_WRITE, ...: then nothing was written and the results are untouched.
  virtual void commit(ArrayView<const asmgr_commit_unit> units, ArrayView<asmgr_commit_result> results,
                      std::uint64_t wait_us) = 0;
  // Fills last_seq, epoch, hash, owner_alive; says the owner with set_owner(). Throws SESSION_NOT_FOUND.
  virtual void head(std::string_view session_id, asmgr_head& out) = 0;
  // Returns when the row expires, by the store's clock. ttl 0 removes the row.
  virtual std::int64_t host_renew(std::string_view host_id, std::uint64_t ttl_ms) = 0;
  virtual void hosts(ItemSink<asmgr_host_row>& rows) = 0;

  virtual void get_session(std::string_view tenant, std::string_view id, ItemSink<asmgr_session>& out) = 0;
  virtual void list_sessions(const asmgr_session_query& query, ItemSink<asmgr_session>& out) = 0;
  virtual void delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) = 0;
  virtual void get_run(std::string_view tenant, std::string_view id, ItemSink<asmgr_run>& out) = 0;
  virtual void list_runs(const asmgr_run_query& query, ItemSink<asmgr_run>& out) = 0;
  virtual void get_events(const asmgr_event_query& query, ItemSink<asmgr_event>& out) = 0;
  virtual void get_record(std::string_view tenant, std::string_view kind, std::string_view id,
                          ItemSink<asmgr_record>& out) = 0;
  virtual void list_records(const asmgr_record_query& query, ItemSink<asmgr_record>& out) = 0;
};

// Derive from this too to offer asmgr.store.changes/1.
class StoreChanges {
 public:
  virtual ~StoreChanges() = default;
  virtual void read(std::uint64_t after, std::uint32_t limit, ItemSink<asmgr_change>& changes) = 0;
  virtual std::uint64_t latest() = 0;
  virtual void wait(std::uint64_t after, std::uint64_t timeout_ms, const Cancel& cancel) = 0;
};

// The unit is committed; last_seq and epoch are the head's after it.
inline void accept(asmgr_commit_result& result, std::uint64_t last_seq, std::uint64_t epoch) noexcept {
  result.status = ASMGR_OK;
  result.last_seq = last_seq;
  result.epoch = epoch;
}

// The unit has written nothing, for the reason in `why`; last_seq and epoch are the head's as found. On LIMIT_EXCEEDED
// also set result.value, on ALREADY_EXISTS call add_existing.
inline void refuse(const Host& host, asmgr_commit_result& result, const StatusError& why, std::uint64_t last_seq,
                   std::uint64_t epoch) noexcept {
  result.status = host.set_error(result.error, why);
  result.last_seq = last_seq;
  result.epoch = epoch;
}

// Says which stored event answers to the id of the unit's event number `index`.
inline void add_existing(asmgr_commit_result& result, std::uint32_t index, std::uint64_t seq, std::string_view id) {
  auto element = make<asmgr_existing_event>();
  element.index = index;
  element.seq = seq;
  element.id = to_abi(id);
  ItemSink<asmgr_existing_event>(result.existing).push(element);
}

// Answers head()'s owner; an unowned session says nothing.
inline void set_owner(asmgr_head& head, std::string_view owner, bool alive) {
  head.owner_alive = !owner.empty() && alive ? 1 : 0;
  if (!owner.empty()) TextSink(head.owner).push(owner);
}

namespace detail {

template <typename T>
struct StoreEdge {
  static asmgr_status describe(asmgr_instance* self, const asmgr_sink* json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) { TextSink(json).push(store.describe()); });
  }

  static asmgr_status commit(asmgr_instance* self, const asmgr_array* units, const asmgr_array* results,
                             std::uint64_t wait_us, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      if (units == nullptr || results == nullptr)
        throw StatusError(ASMGR_E_INVALID_INPUT, "commit: the host passed no units or no results");
      const ArrayView<const asmgr_commit_unit> in(*units);
      const ArrayView<asmgr_commit_result> out(*results);
      if (in.size() != out.size())
        throw StatusError(ASMGR_E_INVALID_INPUT, "commit: " + std::to_string(in.size()) + " units came with " +
                                                     std::to_string(out.size()) + " results");
      for (const asmgr_commit_unit& unit : in) require(&unit, "commit unit");
      for (const asmgr_commit_result& result : out) require(&result, "commit result");
      store.commit(in, out, wait_us);
    });
  }

  static asmgr_status head(asmgr_instance* self, asmgr_str session_id, asmgr_head* out, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) { store.head(view(session_id), require(out, "head")); });
  }

  static asmgr_status host_renew(asmgr_instance* self, asmgr_str host_id, std::uint64_t ttl_ms,
                                 std::int64_t* expires_us, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      const std::int64_t expires = store.host_renew(view(host_id), ttl_ms);
      if (expires_us != nullptr) *expires_us = expires;
    });
  }

  static asmgr_status hosts(asmgr_instance* self, const asmgr_sink* rows, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      ItemSink<asmgr_host_row> out(rows);
      store.hosts(out);
    });
  }

  static asmgr_status get_session(asmgr_instance* self, asmgr_str tenant, asmgr_str id, const asmgr_sink* session,
                                  asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      ItemSink<asmgr_session> out(session);
      store.get_session(view(tenant), view(id), out);
    });
  }

  static asmgr_status list_sessions(asmgr_instance* self, const asmgr_session_query* query, const asmgr_sink* sessions,
                                    asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      ItemSink<asmgr_session> out(sessions);
      store.list_sessions(require(query, "session query"), out);
    });
  }

  static asmgr_status delete_session(asmgr_instance* self, asmgr_str tenant, asmgr_str id, std::uint64_t epoch,
                                     asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) { store.delete_session(view(tenant), view(id), epoch); });
  }

  static asmgr_status get_run(asmgr_instance* self, asmgr_str tenant, asmgr_str id, const asmgr_sink* run,
                              asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      ItemSink<asmgr_run> out(run);
      store.get_run(view(tenant), view(id), out);
    });
  }

  static asmgr_status list_runs(asmgr_instance* self, const asmgr_run_query* query, const asmgr_sink* runs,
                                asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      ItemSink<asmgr_run> out(runs);
      store.list_runs(require(query, "run query"), out);
    });
  }

  static asmgr_status get_events(asmgr_instance* self, const asmgr_event_query* query, const asmgr_sink* events,
                                 asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      ItemSink<asmgr_event> out(events);
      store.get_events(require(query, "event query"), out);
    });
  }

  static asmgr_status get_record(asmgr_instance* self, asmgr_str tenant, asmgr_str kind, asmgr_str id,
                                 const asmgr_sink* record, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      ItemSink<asmgr_record> out(record);
      store.get_record(view(tenant), view(kind), view(id), out);
    });
  }

  static asmgr_status list_records(asmgr_instance* self, const asmgr_record_query* query, const asmgr_sink* records,
                                   asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Store& store) {
      ItemSink<asmgr_record> out(records);
      store.list_records(require(query, "record query"), out);
    });
  }
};

template <typename T>
inline constexpr asmgr_store kStoreTable = {sizeof(asmgr_store),          0,
                                            &StoreEdge<T>::describe,      &StoreEdge<T>::commit,
                                            &StoreEdge<T>::head,          &StoreEdge<T>::host_renew,
                                            &StoreEdge<T>::hosts,         &StoreEdge<T>::get_session,
                                            &StoreEdge<T>::list_sessions, &StoreEdge<T>::delete_session,
                                            &StoreEdge<T>::get_run,       &StoreEdge<T>::list_runs,
                                            &StoreEdge<T>::get_events,    &StoreEdge<T>::get_record,
                                            &StoreEdge<T>::list_records};

template <typename T>
struct StoreChangesEdge {
  static asmgr_status read(asmgr_instance* self, std::uint64_t after, std::uint32_t limit, const asmgr_sink* changes,
                           asmgr_error* error) noexcept {
    return call<T>(self, error, [&](StoreChanges& store) {
      ItemSink<asmgr_change> out(changes);
      store.read(after, limit, out);
    });
  }

  static asmgr_status latest(asmgr_instance* self, std::uint64_t* change, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](StoreChanges& store) {
      const std::uint64_t latest = store.latest();
      if (change != nullptr) *change = latest;
    });
  }

  static asmgr_status wait(asmgr_instance* self, std::uint64_t after, std::uint64_t timeout_ms,
                           const asmgr_cancel* cancel, asmgr_error* error) noexcept {
    const Cancel token(instance_of<T>(self).host, cancel);
    return call<T>(self, error, [&](StoreChanges& store) { store.wait(after, timeout_ms, token); });
  }
};

template <typename T>
inline constexpr asmgr_store_changes kStoreChangesTable = {sizeof(asmgr_store_changes), 0, &StoreChangesEdge<T>::read,
                                                           &StoreChangesEdge<T>::latest, &StoreChangesEdge<T>::wait};

}  // namespace detail
}  // namespace asmgr::sdk
