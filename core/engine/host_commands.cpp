// Commands to a host itself instead of a session: which hosts take them, asking them, carrying them out.
#include <algorithm>

#include "core/engine/closed_record.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kServing = "serving";
constexpr std::string_view kReload = "reload";
constexpr std::chrono::milliseconds kReloadPace{20};

Result<void> commit_records(Store& store, std::vector<RecordWrite> records) {
  CommitUnit unit;
  unit.records = std::move(records);
  const CommitUnit* units[] = {&unit};
  UnitResult results[1];
  const CommitStatus status = store.commit(units, results, kWaitStoreLimit);
  if (status.outcome != CommitOutcome::filled) {
    return status.error.value_or(Error(ErrorCode::storage_write_failed, "the store did not take the records"));
  }
  if (results[0].answer == CommitAnswer::ok) return {};
  return results[0].error.value_or(Error(ErrorCode::storage_write_failed, "the store refused the records"));
}

Record serving_record(const std::string& host_id) {
  Record record;
  record.kind = record_kind::kHost;
  record.id = host_id;
  record.version = 1;
  record.status = kServing;
  return record;
}

Result<std::vector<Record>> list_all(Store& store, std::string_view kind, std::string_view status) {
  RecordQuery query;
  query.kind = kind;
  query.status = status;
  return store.list_records(query);
}

// The hosts that take commands and live. What dead ones left is removed.
Result<std::vector<std::string>> serving_hosts(Store& store) {
  auto announced = list_all(store, record_kind::kHost, kServing);
  if (!announced) return announced.error();
  auto rows = store.hosts();
  if (!rows) return rows.error();
  std::vector<std::string> serving;
  std::vector<RecordWrite> left_behind;
  for (const Record& record : *announced) {
    const bool alive =
        std::any_of(rows->begin(), rows->end(), [&](const HostRow& row) { return row.id == record.id && row.alive; });
    if (alive) {
      serving.push_back(record.id);
    } else {
      left_behind.push_back(RecordWrite{record, kVersionAny, RecordWrite::Kind::remove, 0, 0});
    }
  }
  if (!left_behind.empty()) (void)commit_records(store, std::move(left_behind));  // the next one tries again
  return serving;
}

Record reload_command(const std::string& host_id, const Caller& caller, Timestamp now,
                      std::chrono::milliseconds limit) {
  boost::json::object body;
  body["verb"] = kReload;
  body["target"] = host_id;
  body["actor"] = caller.actor;
  body["request_id"] = caller.request_id;
  Record record;
  record.kind = record_kind::kCommand;
  record.id = new_id("cmd_", now);
  record.version = 1;
  record.status = "pending";
  record.due_at = Timestamp{now.us + std::chrono::microseconds(limit).count()};
  record.body = to_text(body);
  return record;
}

}  // namespace

void SessionManager::Engine::announce(StoreHost& host) {
  const auto said = [this, &host](const Result<void>& registered) {
    Result<void> announced = registered;
    if (announced) {
      announced = commit_records(
          host.store(), {RecordWrite{serving_record(context_.host_id), kVersionAny, RecordWrite::Kind::put, 0, 0}});
    }
    if (announced) return;
    context_.log({.level = ASMGR_LOG_WARN,
                  .message = "this host takes no commands of others: " + announced.error().message(),
                  .plugin = host.name()});
  };
  host.read([&host, said] { host.register_host(Inline::yes, said); }, Inline::no);
}

void SessionManager::Engine::withdraw(StoreHost& host) {
  (void)commit_records(host.store(),
                       {RecordWrite{serving_record(context_.host_id), kVersionAny, RecordWrite::Kind::remove, 0, 0}});
}

bool SessionManager::Engine::is_served(StoreHost& host) {
  const auto serving = serving_hosts(host.store());
  return serving && !serving->empty();
}

void SessionManager::Engine::take_host_commands(StoreHost& host) {
  if (!options_.on_reload || stopping_ || taking_commands_.exchange(true)) return;
  context_.helpers.run([this, &host] {
    bool took = false;
    auto commands = list_all(host.store(), record_kind::kCommand, "pending");
    for (const Record& command : commands ? *commands : std::vector<Record>{}) {
      auto body = parse_json_object(command.body, "a command");
      if (!body || find_string(*body, "target") != context_.host_id || find_string(*body, "verb") != kReload) continue;
      took = true;
      Result<void> reloaded = Error(ErrorCode::timeout, "the command came too late");
      if (!command.due_at.is_set() || context_.clock.now() < command.due_at) reloaded = options_.on_reload();
      const std::string outcome = reloaded ? "reloaded" : "not reloaded: " + reloaded.error().message();
      context_.log({.level = reloaded ? ASMGR_LOG_INFO : ASMGR_LOG_WARN, .message = outcome});
      const std::string answer = reloaded ? "{}" : to_text(command_refusal(reloaded.error()));
      (void)commit_records(host.store(), {close_record(command, reloaded ? "done" : "refused", answer, command.version,
                                                       context_.clock.now())});
    }
    taking_commands_ = false;
    if (took) take_host_commands(host);  // one that came meanwhile was not looked at
  });
}

Result<std::vector<HostReload>> SessionManager::reload_hosts(const Caller& caller, const RemoteWait& wait) {
  if (EngineThread::here()) return blocking_here();
  struct Asked {
    Store* store;
    std::string command_id;
  };
  std::vector<HostReload> hosts;
  std::vector<Asked> asked;
  const Clock& clock = engine_->clock();
  for (StoreHost* host : engine_->stores()) {
    auto serving = serving_hosts(host->store());
    if (!serving) return serving.error();
    for (const std::string& id : *serving) {
      if (std::any_of(hosts.begin(), hosts.end(), [&](const HostReload& known) { return known.host_id == id; }))
        continue;
      Record command = reload_command(id, caller, clock.now(), wait.limit);
      const std::string command_id = command.id;
      auto written = commit_records(host->store(),
                                    {RecordWrite{std::move(command), kVersionAbsent, RecordWrite::Kind::put, 0, 0}});
      if (!written) return written.error();
      hosts.push_back({id, std::nullopt, std::nullopt});
      asked.push_back({&host->store(), command_id});
    }
  }
  const std::int64_t until = clock.monotonic_ns() + std::chrono::nanoseconds(wait.limit).count();
  for (std::size_t waiting = hosts.size(); wait.wait && waiting != 0 && clock.monotonic_ns() < until;) {
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      if (hosts[i].reloaded) continue;
      auto command = asked[i].store->get_record({}, record_kind::kCommand, asked[i].command_id);
      if (!command || command->status == "pending") continue;
      hosts[i].reloaded = command->status == "done";
      if (command->status != "done") hosts[i].error = refusal_in(*command);
      --waiting;
    }
    if (waiting != 0) std::this_thread::sleep_for(kReloadPace);
  }
  return hosts;
}

Result<void> SessionManager::reload(const Wiring& wiring) {
  if (engine_->stopping()) return Error(ErrorCode::invalid_operation, "this host is ending");
  engine_->exchange(wiring);
  return {};
}

}  // namespace asmgr
