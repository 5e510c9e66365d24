#include "core/plugin/plugin_store.hpp"

#include "core/model/json.hpp"
#include "core/plugin/abi_convert.hpp"
#include "core/plugin/collect.hpp"

namespace asmgr {
namespace {

std::string missing_functions(const asmgr_store* table) {
  MissingFunctions missing;
  missing.note(ASMGR_HAS(table, describe), "describe");
  missing.note(ASMGR_HAS(table, commit), "commit");
  missing.note(ASMGR_HAS(table, head), "head");
  missing.note(ASMGR_HAS(table, host_renew), "host_renew");
  missing.note(ASMGR_HAS(table, hosts), "hosts");
  missing.note(ASMGR_HAS(table, get_session), "get_session");
  missing.note(ASMGR_HAS(table, list_sessions), "list_sessions");
  missing.note(ASMGR_HAS(table, delete_session), "delete_session");
  missing.note(ASMGR_HAS(table, get_run), "get_run");
  missing.note(ASMGR_HAS(table, list_runs), "list_runs");
  missing.note(ASMGR_HAS(table, get_events), "get_events");
  missing.note(ASMGR_HAS(table, get_record), "get_record");
  missing.note(ASMGR_HAS(table, list_records), "list_records");
  return missing.names();
}

std::string missing_functions(const asmgr_store_changes* table) {
  MissingFunctions missing;
  missing.note(ASMGR_HAS(table, read), "read");
  missing.note(ASMGR_HAS(table, latest), "latest");
  missing.note(ASMGR_HAS(table, wait), "wait");
  return missing.names();
}

template <typename Status>
std::uint32_t mask_of(const std::vector<Status>& statuses) noexcept {
  std::uint32_t mask = 0;
  for (const Status status : statuses) mask |= 1U << static_cast<std::uint32_t>(status);
  return mask;
}

Result<StoreInfo> read_store_info(const Instance& instance, const std::string& description) {
  const auto json = parse_json_object(description, "store description");
  if (!json) return json.error();
  StoreInfo info;
  info.name = instance.name();
  info.durable = find_bool(*json, "durable").value_or(false);
  info.multi_process = find_bool(*json, "multi_process").value_or(false);
  info.fast_commit = find_bool(*json, "fast_commit").value_or(false);
  info.readers =
      static_cast<int>(std::clamp(find_int(*json, "readers").value_or(1), std::int64_t{1}, std::int64_t{64}));
  if (const boost::json::object* limits = find_object(*json, "limits")) info.limits = *limits;
  return info;
}

// A page of records never ends between those of one id, of several tenants: the next one, by id, would leave some out.
bool ends_page(const Record& last, const Record& next) {
  return last.id != next.id;
}
template <typename Value>
bool ends_page(const Value&, const Value&) {
  return true;
}

// A read that pushes rows: `invoke(sink, error)` calls the plugin. At most `limit` rows are taken.
template <typename Element, typename Value, typename Invoke>
Result<std::vector<Value>> read_rows(const CallSite& site, std::size_t limit, Invoke invoke) {
  std::vector<Value> rows;
  auto collector = collect<Element>([&rows, limit](const Element& element) {
    Value value;
    std::string problem = from_abi(element, value);
    if (problem.empty() && rows.size() >= limit && ends_page(rows.back(), value)) {
      problem = "it pushed more than the " + std::to_string(limit) + " rows asked for";
    }
    if (problem.empty()) rows.push_back(std::move(value));
    return problem;
  });
  asmgr_error error;
  const asmgr_status status = invoke(collector.sink(), error);
  if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  return rows;
}

// A read of one row, which must be pushed when the answer is OK.
template <typename Element, typename Value, typename Invoke>
Result<Value> read_row(const CallSite& site, Invoke invoke) {
  Result<std::vector<Value>> rows = read_rows<Element, Value>(site, 1, invoke);
  if (!rows) return rows.error();
  if (rows->empty()) return misbehaviour(site, "it answered OK and pushed nothing");
  return std::move(rows->front());
}

std::size_t row_limit(std::uint32_t limit) noexcept {
  return limit == 0 ? 1000 : limit;
}

}  // namespace

Result<std::unique_ptr<Store>> PluginStore::make(Instance instance) {
  const auto* table = instance.find_table<asmgr_store>(ASMGR_IFACE_STORE);
  if (table == nullptr) return instance.lacks("the interface " ASMGR_IFACE_STORE);
  if (const std::string names = missing_functions(table); !names.empty()) {
    return instance.lacks(names + " in " ASMGR_IFACE_STORE);
  }
  const auto description = read_description(instance, "describe", table->describe);
  if (!description) return bad_description(instance, description.error());
  Result<StoreInfo> info = read_store_info(instance, *description);
  if (!info) return bad_description(instance, info.error());

  const auto* changes = instance.find_table<asmgr_store_changes>(ASMGR_IFACE_STORE_CHANGES);
  if (changes == nullptr && info->multi_process) {
    return instance.lacks("the interface " ASMGR_IFACE_STORE_CHANGES ", which a multi_process store must have");
  }
  if (changes != nullptr) {
    if (const std::string names = missing_functions(changes); !names.empty()) {
      return instance.lacks(names + " in " ASMGR_IFACE_STORE_CHANGES);
    }
  }
  const auto* queries = instance.find_table<asmgr_store_query>(ASMGR_IFACE_STORE_QUERY);
  if (queries != nullptr) {
    if (const std::string names = PluginStoreQueries::missing_functions(queries); !names.empty()) {
      return instance.lacks(names + " in " ASMGR_IFACE_STORE_QUERY);
    }
  }
  const auto* maintenance = instance.find_table<asmgr_store_maintenance>(ASMGR_IFACE_STORE_MAINTENANCE);
  if (maintenance != nullptr) {
    if (const std::string names = PluginStoreMaintenance::missing_functions(maintenance); !names.empty()) {
      return instance.lacks(names + " in " ASMGR_IFACE_STORE_MAINTENANCE);
    }
  }
  std::unique_ptr<PluginStore> store(new PluginStore(std::move(instance), *table));
  store->info_ = std::move(*info);
  if (changes != nullptr) store->changes_ = std::make_unique<PluginChangeFeed>(store->instance_, *changes);
  if (queries != nullptr) store->queries_ = std::make_unique<PluginStoreQueries>(store->instance_, *queries);
  if (maintenance != nullptr)
    store->maintenance_ = std::make_unique<PluginStoreMaintenance>(store->instance_, *maintenance);
  return std::unique_ptr<Store>(std::move(store));
}

std::unique_ptr<CommitBuffers> PluginStore::take_buffers() {
  const std::lock_guard lock(spare_mutex_);
  if (spare_.empty()) return std::make_unique<CommitBuffers>();
  auto buffers = std::move(spare_.back());
  spare_.pop_back();
  return buffers;
}

void PluginStore::give_back(std::unique_ptr<CommitBuffers> buffers) {
  constexpr std::size_t kEnough = 4;
  const std::lock_guard lock(spare_mutex_);
  if (spare_.size() < kEnough) spare_.push_back(std::move(buffers));
}

CommitStatus PluginStore::commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                 std::uint64_t wait_us) {
  const CallSite site = instance_.site("commit");
  if (units.size() != results.size()) {
    return {CommitOutcome::failed,
            Error(ErrorCode::internal_error, site.name() + " was given " + std::to_string(units.size()) +
                                                 " units and " + std::to_string(results.size()) + " results")};
  }
  std::unique_ptr<CommitBuffers> buffers = take_buffers();
  buffers->fill(units);
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.commit, instance_.get(), &buffers->units(), &buffers->results(), wait_us, &error);
  CommitStatus outcome;
  if (status == ASMGR_OK) {
    const std::string problem = buffers->read(site, units, results);
    if (!problem.empty()) outcome = {CommitOutcome::ambiguous, misbehaviour(site, problem)};
  } else if (status == ASMGR_E_BUSY) {
    outcome = {CommitOutcome::busy, error_from_call(site, status, error)};
  } else if (status == ASMGR_E_STORAGE_AMBIGUOUS || error.threw) {
    outcome = {CommitOutcome::ambiguous, error_from_call(site, status, error)};
  } else {
    outcome = {CommitOutcome::failed, error_from_call(site, status, error)};
  }
  give_back(std::move(buffers));
  return outcome;
}

Result<Head> PluginStore::head(std::string_view session_id) {
  const CallSite site = instance_.site("head");
  TextCollector owner;
  asmgr_head out{};
  out.size = sizeof(asmgr_head);
  out.owner = owner.sink();
  asmgr_error error;
  const asmgr_status status = call(error, table_.head, instance_.get(), text_of(session_id), &out, &error);
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  if (!owner.problem().empty()) return misbehaviour(site, owner.problem());
  if (owner.texts().size() > 1) return misbehaviour(site, "it pushed more than one owner");
  Head head;
  head.last_sequence = out.last_seq;
  head.epoch = out.epoch;
  std::copy(std::begin(out.hash), std::end(out.hash), head.hash.begin());
  if (!owner.texts().empty()) head.owner = std::move(owner.texts().front());
  head.owner_alive = out.owner_alive != 0 && !head.owner.empty();
  return head;
}

Result<Timestamp> PluginStore::renew_host(std::string_view host_id, std::chrono::milliseconds ttl) {
  const CallSite site = instance_.site("host_renew");
  // Zero would remove the row.
  const auto ttl_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(ttl.count(), 1));
  std::int64_t expires_us = 0;
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.host_renew, instance_.get(), text_of(host_id), ttl_ms, &expires_us, &error);
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  return Timestamp{expires_us};
}

Result<void> PluginStore::remove_host(std::string_view host_id) {
  std::int64_t expires_us = 0;
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.host_renew, instance_.get(), text_of(host_id), std::uint64_t{0}, &expires_us, &error);
  if (status != ASMGR_OK) return error_from_call(instance_.site("host_renew"), status, error);
  return {};
}

Result<std::vector<HostRow>> PluginStore::hosts() {
  const CallSite site = instance_.site("hosts");
  std::vector<HostRow> rows;
  auto collector = collect<asmgr_host_row>([&rows](const asmgr_host_row& row) {
    std::string problem = problem_with_text(row.id, "id");
    if (problem.empty()) rows.push_back({std::string(view_of_text(row.id)), {row.expires_us}, row.alive != 0});
    return problem;
  });
  asmgr_error error;
  const asmgr_status status = call(error, table_.hosts, instance_.get(), collector.sink(), &error);
  if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  return rows;
}

Result<Session> PluginStore::get_session(std::string_view tenant, std::string_view id) {
  return read_row<asmgr_session, Session>(
      instance_.site("get_session"), [&](const asmgr_sink* sink, asmgr_error& error) {
        return call(error, table_.get_session, instance_.get(), text_of(tenant), text_of(id), sink, &error);
      });
}

Result<std::vector<Session>> PluginStore::list_sessions(const SessionQuery& query) {
  asmgr_session_query abi{};
  abi.size = sizeof abi;
  abi.status_mask = mask_of(query.statuses);
  abi.tenant = text_of(query.tenant);
  abi.agent_id = text_of(query.agent_id);
  abi.tag = text_of(query.tag);
  abi.after_id = text_of(query.after_id);
  abi.limit = query.limit;
  abi.include_deleted = query.include_deleted ? 1 : 0;
  return read_rows<asmgr_session, Session>(
      instance_.site("list_sessions"), row_limit(query.limit), [&](const asmgr_sink* sink, asmgr_error& error) {
        return call(error, table_.list_sessions, instance_.get(), &abi, sink, &error);
      });
}

Result<void> PluginStore::delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) {
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.delete_session, instance_.get(), text_of(tenant), text_of(id), epoch, &error);
  if (status != ASMGR_OK) return error_from_call(instance_.site("delete_session"), status, error);
  return {};
}

Result<Run> PluginStore::get_run(std::string_view tenant, std::string_view id) {
  return read_row<asmgr_run, Run>(instance_.site("get_run"), [&](const asmgr_sink* sink, asmgr_error& error) {
    return call(error, table_.get_run, instance_.get(), text_of(tenant), text_of(id), sink, &error);
  });
}

Result<std::vector<Run>> PluginStore::list_runs(const RunQuery& query) {
  asmgr_run_query abi{};
  abi.size = sizeof abi;
  abi.status_mask = mask_of(query.statuses);
  abi.tenant = text_of(query.tenant);
  abi.session_id = text_of(query.session_id);
  abi.after_id = text_of(query.after_id);
  abi.limit = query.limit;
  return read_rows<asmgr_run, Run>(instance_.site("list_runs"), row_limit(query.limit),
                                   [&](const asmgr_sink* sink, asmgr_error& error) {
                                     return call(error, table_.list_runs, instance_.get(), &abi, sink, &error);
                                   });
}

Result<void> PluginStore::visit_events(const EventQuery& query, const EventVisitor& visitor) {
  const CallSite site = instance_.site("get_events");
  std::vector<asmgr_str> types;
  types.reserve(query.types.size());
  for (const std::string& type : query.types) types.push_back(text_of(type));
  asmgr_event_query abi{};
  abi.size = sizeof abi;
  abi.limit = query.limit;
  abi.tenant = text_of(query.tenant);
  abi.session_id = text_of(query.session_id);
  abi.run_id = text_of(query.run_id);
  abi.types = {types.data(), static_cast<std::uint32_t>(types.size()), sizeof(asmgr_str)};
  abi.since_us = query.since ? query.since->us : std::numeric_limits<std::int64_t>::min();
  abi.after = query.after;
  abi.before = query.before;
  abi.order = query.order == Order::ascending ? ASMGR_ORDER_ASC : ASMGR_ORDER_DESC;

  GuardedVisits visits;
  auto collector = collect<asmgr_event>(
      [&](const asmgr_event& event) -> std::string {
        EventView view;
        if (std::string problem = from_abi(event, view); !problem.empty()) return problem;
        visits.once([&] { return visitor(view); });
        return {};
      },
      &visits.enough());
  asmgr_error error;
  const asmgr_status status = call(error, table_.get_events, instance_.get(), &abi, collector.sink(), &error);
  visits.rethrow();
  if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
  if (status != ASMGR_OK && !visits.enough()) return error_from_call(site, status, error);
  return {};
}

Result<Record> PluginStore::get_record(std::string_view tenant, std::string_view kind, std::string_view id) {
  return read_row<asmgr_record, Record>(instance_.site("get_record"), [&](const asmgr_sink* sink, asmgr_error& error) {
    return call(error, table_.get_record, instance_.get(), text_of(tenant), text_of(kind), text_of(id), sink, &error);
  });
}

Result<std::vector<Record>> PluginStore::list_records(const RecordQuery& query) {
  asmgr_record_query abi{};
  abi.size = sizeof abi;
  abi.limit = query.limit;
  abi.tenant = text_of(query.tenant);
  abi.kind = text_of(query.kind);
  abi.status = text_of(query.status);
  abi.session_id = text_of(query.session_id);
  abi.due_before_us = query.due_before.us;
  abi.after_id = text_of(query.after_id);
  return read_rows<asmgr_record, Record>(instance_.site("list_records"), row_limit(query.limit),
                                         [&](const asmgr_sink* sink, asmgr_error& error) {
                                           return call(error, table_.list_records, instance_.get(), &abi, sink, &error);
                                         });
}

Result<std::vector<Change>> PluginChangeFeed::read(std::uint64_t after, std::uint32_t limit) {
  const CallSite site = instance_.site("changes.read");
  std::vector<Change> rows;
  std::uint64_t last = after;
  auto collector = collect<asmgr_change>([&](const asmgr_change& change) {
    if (change.change <= last) {
      return "change " + std::to_string(change.change) + " came after change " + std::to_string(last);
    }
    last = change.change;
    std::string problem = problem_with_text(change.session_id, "session_id");
    if (problem.empty()) {
      rows.push_back({change.change, change.kinds, change.last_seq, std::string(view_of_text(change.session_id))});
    }
    return problem;
  });
  asmgr_error error;
  const asmgr_status status = call(error, table_.read, instance_.get(), after, limit, collector.sink(), &error);
  if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  return rows;
}

Result<std::uint64_t> PluginChangeFeed::latest() {
  std::uint64_t change = 0;
  asmgr_error error;
  const asmgr_status status = call(error, table_.latest, instance_.get(), &change, &error);
  if (status != ASMGR_OK) return error_from_call(instance_.site("changes.latest"), status, error);
  return change;
}

void PluginChangeFeed::wait(std::uint64_t after, std::chrono::milliseconds timeout, const CancelToken& cancel) {
  asmgr_error error;
  const auto timeout_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(timeout.count(), 0));
  const asmgr_status status =
      call(error, table_.wait, instance_.get(), after, timeout_ms, cancel_handle(&cancel), &error);
  if (status == ASMGR_OK) return;
  // A feed that fails at once must not make its waiter spin.
  cancel.wait_for(std::min(timeout, std::chrono::milliseconds(1000)));
}

}  // namespace asmgr
