#include "tests/plugins/contract/store_client.hpp"

#include <dlfcn.h>
#include <stdlib.h>

#include <cstring>
#include <deque>
#include <filesystem>
#include <stdexcept>

namespace asmgr::contract {
namespace {

asmgr_str borrow(const std::string& text) {
  return {text.data(), text.size()};
}
asmgr_str text_of(std::string_view literal) {
  return {literal.data(), literal.size()};
}
template <typename T>
asmgr_array borrow_array(std::vector<T>& items) {
  return {items.data(), static_cast<std::uint32_t>(items.size()), sizeof(T)};
}

template <typename T>
T sized() {
  T value{};
  value.size = sizeof(T);
  return value;
}

asmgr_event to_abi(const Event& e) {
  auto out = sized<asmgr_event>();
  out.schema = e.schema;
  out.flags = e.flags;
  out.seq = e.seq;
  out.time_us = e.time_us;
  out.type = e.type;
  out.id = borrow(e.id);
  out.session_id = borrow(e.session_id);
  out.run_id = borrow(e.run_id);
  out.type_name = borrow(e.type_name);
  out.provider = borrow(e.provider);
  out.correlation_id = borrow(e.correlation_id);
  out.data = borrow(e.data);
  out.metadata = borrow(e.metadata);
  std::memcpy(out.hash, e.hash.data(), e.hash.size());
  std::memcpy(out.body_hash, e.body_hash.data(), e.body_hash.size());
  return out;
}

Event from_abi(const asmgr_event& e) {
  Event out;
  out.seq = e.seq;
  out.time_us = e.time_us;
  out.type = e.type;
  out.flags = e.flags;
  out.schema = e.schema;
  out.id = owned(e.id);
  out.session_id = owned(e.session_id);
  out.run_id = owned(e.run_id);
  out.type_name = owned(e.type_name);
  out.provider = owned(e.provider);
  out.correlation_id = owned(e.correlation_id);
  out.data = owned(e.data);
  out.metadata = owned(e.metadata);
  std::memcpy(out.hash.data(), e.hash, out.hash.size());
  std::memcpy(out.body_hash.data(), e.body_hash, out.body_hash.size());
  return out;
}

asmgr_session to_abi(const Session& s) {
  auto out = sized<asmgr_session>();
  out.status = s.status;
  out.version = s.version;
  out.expected_version = s.expected_version;
  out.created_us = s.created_us;
  out.updated_us = s.updated_us;
  out.deleted_us = s.deleted_us;
  out.id = borrow(s.id);
  out.agent_id = borrow(s.agent_id);
  out.parent_id = borrow(s.parent_id);
  out.tenant = borrow(s.tenant);
  out.chain_id = borrow(s.chain_id);
  out.doc = borrow(s.doc);
  return out;
}

Session from_abi(const asmgr_session& s) {
  return {owned(s.id),     owned(s.agent_id), owned(s.parent_id),
          owned(s.tenant), owned(s.chain_id), owned(s.doc),
          s.status,        s.version,         0,
          s.created_us,    s.updated_us,      s.deleted_us};
}

asmgr_run to_abi(const RunRow& r) {
  auto out = sized<asmgr_run>();
  out.status = r.status;
  out.version = r.version;
  out.expected_version = r.expected_version;
  out.created_us = r.created_us;
  out.started_us = r.started_us;
  out.ended_us = r.ended_us;
  out.id = borrow(r.id);
  out.session_id = borrow(r.session_id);
  out.provider = borrow(r.provider);
  out.doc = borrow(r.doc);
  return out;
}

RunRow from_abi(const asmgr_run& r) {
  return {owned(r.id), owned(r.session_id), owned(r.provider), owned(r.doc), r.status, r.version,
          0,           r.created_us,        r.started_us,      r.ended_us};
}

asmgr_record to_abi(const Record& r) {
  auto out = sized<asmgr_record>();
  out.flags = r.flags;
  out.version = r.version;
  out.expected_version = r.expected_version;
  out.due_us = r.due_us;
  out.value = r.value;
  out.add = r.add;
  out.ceiling = r.ceiling;
  out.kind = borrow(r.kind);
  out.id = borrow(r.id);
  out.tenant = borrow(r.tenant);
  out.session_id = borrow(r.session_id);
  out.status = borrow(r.status);
  out.body = borrow(r.body);
  return out;
}

Record from_abi(const asmgr_record& r) {
  Record out;
  out.kind = owned(r.kind);
  out.id = owned(r.id);
  out.tenant = owned(r.tenant);
  out.session_id = owned(r.session_id);
  out.status = owned(r.status);
  out.body = owned(r.body);
  out.version = r.version;
  out.due_us = r.due_us;
  out.value = r.value;
  return out;
}

Host from_abi(const asmgr_host_row& h) {
  return {owned(h.id), h.alive != 0, h.expires_us};
}
Change from_abi(const asmgr_change& c) {
  return {c.change, c.kinds, c.last_seq, owned(c.session_id)};
}
Existing from_abi(const asmgr_existing_event& e) {
  return {e.index, e.seq, owned(e.id)};
}
SessionSize from_abi(const asmgr_session_size& s) {
  return {owned(s.id), s.events, s.text_bytes};
}
std::string from_abi(const asmgr_str& text) {
  return owned(text);
}

// Collects what is pushed as values.
template <typename Abi, typename Value>
class Collector {
 public:
  explicit Collector(std::vector<Value>& into) : into_(into) {
    sink_.size = sizeof(sink_);
    sink_.ctx = this;
    sink_.push = [](void* self, const asmgr_array* items) noexcept -> int32_t {
      for (std::uint32_t i = 0; i < items->count; ++i)
        static_cast<Collector*>(self)->into_.push_back(from_abi(*ASMGR_AT(const Abi, items, i)));
      return 0;
    };
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  const asmgr_sink* sink() const { return &sink_; }

 private:
  asmgr_sink sink_{};
  std::vector<Value>& into_;
};

// Runs a read that pushes Abi elements.
template <typename Abi, typename Value, typename Call>
Page<Value> collect(Call call) {
  Page<Value> page;
  const Collector<Abi, Value> collector(page.items);
  asmgr_error error;
  page.status = call(collector.sink(), &error);
  page.message = error.message;
  return page;
}

// Runs a search that pushes Abi elements and at most one cursor.
template <typename Abi, typename Value, typename Call>
Found<Value> find(Call call) {
  Found<Value> found;
  std::vector<std::string> cursors;
  const Collector<Abi, Value> rows(found.items);
  const Collector<asmgr_str, std::string> next(cursors);
  asmgr_error error;
  found.status = call(rows.sink(), next.sink(), &error);
  found.message = error.message;
  if (cursors.size() > 1) throw std::runtime_error("a search pushed more than one cursor");
  if (!cursors.empty()) found.next = cursors.front();
  return found;
}

// The units of one call as the boundary wants them; borrows from the values.
struct AbiUnits {
  explicit AbiUnits(const std::vector<Unit>& from) {
    for (const Unit& unit : from) {
      auto& run_list = runs.emplace_back();
      for (const RunRow& run : unit.runs) run_list.push_back(to_abi(run));
      auto& event_list = events.emplace_back();
      for (const Event& event : unit.events) event_list.push_back(to_abi(event));
      auto& record_list = records.emplace_back();
      for (const Record& record : unit.records) record_list.push_back(to_abi(record));

      auto out = sized<asmgr_commit_unit>();
      out.flags = unit.flags;
      out.session_id = borrow(unit.session_id);
      out.owner = borrow(unit.owner);
      out.epoch = unit.epoch;
      out.expected_last_seq = unit.expected_last_seq;
      if (unit.session) out.session = &sessions.emplace_back(to_abi(*unit.session));
      out.runs = borrow_array(run_list);
      out.events = borrow_array(event_list);
      out.records = borrow_array(record_list);
      units.push_back(out);
    }
  }
  std::deque<asmgr_session> sessions;
  std::deque<std::vector<asmgr_run>> runs;
  std::deque<std::vector<asmgr_event>> events;
  std::deque<std::vector<asmgr_record>> records;
  std::vector<asmgr_commit_unit> units;
};

}  // namespace

PluginFile::PluginFile(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error(dlerror());
  const auto entry = reinterpret_cast<asmgr_plugin_entry_fn>(dlsym(handle, ASMGR_ENTRY_SYMBOL));
  if (entry == nullptr) throw std::runtime_error(path + " has no entry");
  plugin_ = entry();
}

const asmgr_component& PluginFile::component(const std::string& name, std::uint32_t kind) const {
  for (std::uint32_t i = 0; i < plugin_->components.count; ++i) {
    const auto* component = ASMGR_AT(const asmgr_component, &plugin_->components, i);
    if (owned(component->name) == name && component->kind == kind) return *component;
  }
  throw std::runtime_error("the plugin has no such component: " + name);
}

StoreClient::StoreClient(const std::string& name, const std::string& config_json)
    : host_(std::make_unique<TestHost>()) {
  component_ = &PluginFile(std::string(ASMGR_PLUGIN_DIR) + "/" + name + ".asmgr.so").component(name, ASMGR_KIND_STORE);
  auto create = sized<asmgr_create>();
  create.host = host_->table();
  create.instance_name = borrow(name);
  create.config_json = borrow(config_json);
  asmgr_error error;
  const asmgr_status status = component_->create(&create, &instance_, &error);
  if (status != ASMGR_OK) throw CreateError{status, error.message, error.details};
  store_ = static_cast<const asmgr_store*>(component_->get_interface(ASMGR_IFACE_STORE));
  changes_ = static_cast<const asmgr_store_changes*>(component_->get_interface(ASMGR_IFACE_STORE_CHANGES));
  queries_ = static_cast<const asmgr_store_query*>(component_->get_interface(ASMGR_IFACE_STORE_QUERY));
  maintenance_ = static_cast<const asmgr_store_maintenance*>(component_->get_interface(ASMGR_IFACE_STORE_MAINTENANCE));
}

StoreClient::~StoreClient() {
  component_->destroy(instance_);
}

std::string StoreClient::describe() const {
  const auto page = collect<asmgr_str, std::string>(
      [&](const asmgr_sink* sink, asmgr_error* error) { return store_->describe(instance_, sink, error); });
  return page.items.empty() ? std::string() : page.items.front();
}

CommitAnswer StoreClient::commit(const std::vector<Unit>& units, std::uint64_t wait_us) const {
  AbiUnits abi(units);
  CommitAnswer answer;
  answer.units.resize(units.size());
  std::vector<asmgr_commit_result> results(units.size());
  std::vector<asmgr_error> errors(units.size());
  std::deque<Collector<asmgr_existing_event, Existing>> existing;
  constexpr asmgr_status kUntouched = 0xffff;
  for (std::size_t i = 0; i < units.size(); ++i) {
    results[i] = sized<asmgr_commit_result>();
    results[i].status = kUntouched;
    results[i].error = &errors[i];
    results[i].existing = existing.emplace_back(answer.units[i].existing).sink();
  }
  const asmgr_array unit_array = borrow_array(abi.units);
  const asmgr_array result_array = borrow_array(results);
  asmgr_error error;
  answer.status = store_->commit(instance_, &unit_array, &result_array, wait_us, &error);
  answer.message = error.message;
  for (std::size_t i = 0; i < units.size(); ++i) {
    answer.units[i].status = results[i].status;
    answer.units[i].last_seq = results[i].last_seq;
    answer.units[i].epoch = results[i].epoch;
    answer.units[i].value = results[i].value;
    answer.units[i].message = errors[i].message;
  }
  return answer;
}

UnitResult StoreClient::commit(const Unit& unit, std::uint64_t wait_us) const {
  CommitAnswer answer = commit(std::vector<Unit>{unit}, wait_us);
  if (answer.status == ASMGR_OK) return std::move(answer.units.front());
  UnitResult failed;
  failed.status = answer.status;
  failed.message = answer.message;
  return failed;
}

Head StoreClient::head(const std::string& session_id) const {
  Head out;
  std::vector<std::string> owner;
  const Collector<asmgr_str, std::string> collector(owner);
  auto head = sized<asmgr_head>();
  head.owner = collector.sink();
  asmgr_error error;
  out.status = store_->head(instance_, borrow(session_id), &head, &error);
  if (out.status != ASMGR_OK) return out;
  out.last_seq = head.last_seq;
  out.epoch = head.epoch;
  out.owner_alive = head.owner_alive != 0;
  std::memcpy(out.hash.data(), head.hash, out.hash.size());
  if (!owner.empty()) out.owner = owner.front();
  return out;
}

Answer StoreClient::renew_host(const std::string& id, std::uint64_t ttl_ms, std::int64_t* expires_us) const {
  asmgr_error error;
  const asmgr_status status = store_->host_renew(instance_, borrow(id), ttl_ms, expires_us, &error);
  return {status, error.message};
}

std::vector<Host> StoreClient::hosts() const {
  return collect<asmgr_host_row, Host>(
             [&](const asmgr_sink* sink, asmgr_error* error) { return store_->hosts(instance_, sink, error); })
      .items;
}

Page<Session> StoreClient::get_session(const std::string& tenant, const std::string& id) const {
  return collect<asmgr_session, Session>([&](const asmgr_sink* sink, asmgr_error* error) {
    return store_->get_session(instance_, borrow(tenant), borrow(id), sink, error);
  });
}

Page<Session> StoreClient::list_sessions(const SessionQuery& query) const {
  auto abi = sized<asmgr_session_query>();
  abi.status_mask = query.status_mask;
  abi.tenant = borrow(query.tenant);
  abi.agent_id = borrow(query.agent_id);
  abi.after_id = borrow(query.after_id);
  abi.limit = query.limit;
  abi.include_deleted = query.include_deleted ? 1 : 0;
  return collect<asmgr_session, Session>(
      [&](const asmgr_sink* sink, asmgr_error* error) { return store_->list_sessions(instance_, &abi, sink, error); });
}

Answer StoreClient::delete_session(const std::string& tenant, const std::string& id, std::uint64_t epoch) const {
  asmgr_error error;
  const asmgr_status status = store_->delete_session(instance_, borrow(tenant), borrow(id), epoch, &error);
  return {status, error.message};
}

Page<RunRow> StoreClient::get_run(const std::string& tenant, const std::string& id) const {
  return collect<asmgr_run, RunRow>([&](const asmgr_sink* sink, asmgr_error* error) {
    return store_->get_run(instance_, borrow(tenant), borrow(id), sink, error);
  });
}

Page<RunRow> StoreClient::list_runs(const RunQuery& query) const {
  auto abi = sized<asmgr_run_query>();
  abi.status_mask = query.status_mask;
  abi.tenant = borrow(query.tenant);
  abi.session_id = borrow(query.session_id);
  abi.after_id = borrow(query.after_id);
  abi.limit = query.limit;
  return collect<asmgr_run, RunRow>(
      [&](const asmgr_sink* sink, asmgr_error* error) { return store_->list_runs(instance_, &abi, sink, error); });
}

Page<Event> StoreClient::get_events(const EventQuery& query) const {
  auto abi = sized<asmgr_event_query>();
  std::vector<asmgr_str> types;
  for (const std::string& type : query.types) types.push_back(borrow(type));
  abi.limit = query.limit;
  abi.tenant = borrow(query.tenant);
  abi.session_id = borrow(query.session_id);
  abi.run_id = borrow(query.run_id);
  abi.types = borrow_array(types);
  abi.since_us = query.since_us;
  abi.after = query.after;
  abi.before = query.before;
  abi.order = query.order;
  return collect<asmgr_event, Event>(
      [&](const asmgr_sink* sink, asmgr_error* error) { return store_->get_events(instance_, &abi, sink, error); });
}

Page<Event> StoreClient::events_of(const std::string& session_id) const {
  EventQuery query;
  query.session_id = session_id;
  query.limit = UINT32_MAX;
  return get_events(query);
}

Page<Record> StoreClient::get_record(const std::string& tenant, const std::string& kind, const std::string& id) const {
  return collect<asmgr_record, Record>([&](const asmgr_sink* sink, asmgr_error* error) {
    return store_->get_record(instance_, borrow(tenant), borrow(kind), borrow(id), sink, error);
  });
}

Page<Record> StoreClient::list_records(const RecordQuery& query) const {
  auto abi = sized<asmgr_record_query>();
  abi.limit = query.limit;
  abi.tenant = borrow(query.tenant);
  abi.kind = borrow(query.kind);
  abi.status = borrow(query.status);
  abi.session_id = borrow(query.session_id);
  abi.due_before_us = query.due_before_us;
  abi.after_id = borrow(query.after_id);
  return collect<asmgr_record, Record>(
      [&](const asmgr_sink* sink, asmgr_error* error) { return store_->list_records(instance_, &abi, sink, error); });
}

Page<Change> StoreClient::read_changes(std::uint64_t after, std::uint32_t limit) const {
  return collect<asmgr_change, Change>(
      [&](const asmgr_sink* sink, asmgr_error* error) { return changes_->read(instance_, after, limit, sink, error); });
}

Found<Session> StoreClient::search_sessions(const std::string& filter, const std::string& cursor,
                                            const std::string& tenant) const {
  return find<asmgr_session, Session>([&](const asmgr_sink* rows, const asmgr_sink* next, asmgr_error* error) {
    return queries_->search(instance_, borrow(tenant), text_of("sessions"), borrow(filter), borrow(cursor), rows, next,
                            error);
  });
}

Found<RunRow> StoreClient::search_runs(const std::string& filter, const std::string& cursor,
                                       const std::string& tenant) const {
  return find<asmgr_run, RunRow>([&](const asmgr_sink* rows, const asmgr_sink* next, asmgr_error* error) {
    return queries_->search(instance_, borrow(tenant), text_of("runs"), borrow(filter), borrow(cursor), rows, next,
                            error);
  });
}

Found<Event> StoreClient::search_events(const std::string& filter, const std::string& cursor,
                                        const std::string& tenant) const {
  return find<asmgr_event, Event>([&](const asmgr_sink* rows, const asmgr_sink* next, asmgr_error* error) {
    return queries_->search(instance_, borrow(tenant), text_of("events"), borrow(filter), borrow(cursor), rows, next,
                            error);
  });
}

Answer StoreClient::search(const std::string& what, const std::string& filter, const std::string& cursor) const {
  auto sink = sized<asmgr_sink>();
  sink.push = [](void*, const asmgr_array*) noexcept -> int32_t { return 0; };
  asmgr_error error;
  const asmgr_status status =
      queries_->search(instance_, {}, borrow(what), borrow(filter), borrow(cursor), &sink, &sink, &error);
  return {status, error.message};
}

Page<std::string> StoreClient::summarize(const std::string& what, const std::string& filter,
                                         const std::string& tenant) const {
  return collect<asmgr_str, std::string>([&](const asmgr_sink* sink, asmgr_error* error) {
    return queries_->summarize(instance_, borrow(tenant), borrow(what), borrow(filter), sink, error);
  });
}

Page<std::string> StoreClient::retain(const std::string& order, const asmgr_cancel* cancel) const {
  return collect<asmgr_str, std::string>([&](const asmgr_sink* sink, asmgr_error* error) {
    return maintenance_->retain(instance_, borrow(order), cancel, sink, error);
  });
}

Page<std::string> StoreClient::check(const asmgr_cancel* cancel) const {
  return collect<asmgr_str, std::string>(
      [&](const asmgr_sink* sink, asmgr_error* error) { return maintenance_->check(instance_, cancel, sink, error); });
}

Page<SessionSize> StoreClient::sizes(const std::string& after_id, std::uint32_t limit) const {
  return collect<asmgr_session_size, SessionSize>([&](const asmgr_sink* sink, asmgr_error* error) {
    return maintenance_->sizes(instance_, borrow(after_id), limit, sink, error);
  });
}

Page<std::string> StoreClient::measure() const {
  return collect<asmgr_str, std::string>(
      [&](const asmgr_sink* sink, asmgr_error* error) { return maintenance_->measure(instance_, sink, error); });
}

std::uint64_t StoreClient::latest_change() const {
  std::uint64_t change = 0;
  asmgr_error error;
  changes_->latest(instance_, &change, &error);
  return change;
}

Answer StoreClient::wait_change(std::uint64_t after, std::uint64_t timeout_ms, const asmgr_cancel* cancel) const {
  asmgr_error error;
  const asmgr_status status = changes_->wait(instance_, after, timeout_ms, cancel, &error);
  return {status, error.message};
}

TempFolder::TempFolder() {
  const char* base = getenv("TMPDIR");
  path_ = std::string(base == nullptr ? "/tmp" : base) + "/asmgr-store-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace asmgr::contract
