// Stores by themselves, without an engine: filled with what a test or chance wants, and all that they hold as lines.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/config/deployment.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"
#include "tests/core/engine/support/store_double.hpp"

namespace asmgr::testing {

// The stores `from` and `to` of a file, each of the plugin named.
class TwoStores {
 public:
  explicit TwoStores(const std::string& from_plugin = "memory", const std::string& to_plugin = "memory") {
    std::string pattern = (std::filesystem::temp_directory_path() / "asmgr-copy-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    std::ofstream(folder_ + "/asmgr.yaml")
        << "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR "\"]}\nstores:\n"
        << "  from: " << entry(from_plugin, "from.db") << "  to: " << entry(to_plugin, "to.db")
        << "providers:\n  shell: {plugin: shell}\npipelines:\n  default: {store: from, provider: shell}\n";
    open();
  }
  ~TwoStores() {
    from_.reset();
    to_.reset();
    std::filesystem::remove_all(folder_);
  }

  StoreDouble& from() { return *from_; }
  StoreDouble& to() { return *to_; }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  static std::string entry(const std::string& plugin, const std::string& file) {
    return "{plugin: " + plugin + (plugin == "sqlite" ? ", config: {path: ./" + file + ", durability: normal}" : "") +
           "}\n";
  }
  void open() {
    LoadOptions options;
    options.selection = Selection::stores({"from", "to"});
    auto deployment = Deployment::load(folder_ + "/asmgr.yaml", options);
    if (!deployment) {
      ADD_FAILURE() << deployment.error().message();
      std::abort();
    }
    from_ = std::make_unique<StoreDouble>(deployment->wiring().stores.at("from"));
    to_ = std::make_unique<StoreDouble>(deployment->wiring().stores.at("to"));
  }

  std::string folder_;
  std::unique_ptr<StoreDouble> from_, to_;
};

// Writes into a store what an engine would: numbered and chained events, rows with versions. One thread.
class Filler {
 public:
  explicit Filler(Store& store, std::uint32_t seed = 1) : store_(store), random_(seed) {}

  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return random_() % end; }
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }

  // Takes it, writes, gives it back (or does not, when it has an owner already). The document is written when it is new
  // or `touch` is set.
  void write(Session& session, std::size_t events, std::vector<Run> runs = {}, std::vector<Record> records = {},
             bool touch = false) {
    auto head = store_.head(session.id);
    const Head before = head ? *head : Head{};
    std::vector<Event> made;
    made.reserve(events);  // `previous` points into it
    const Hash first = hasher_.first(session.chain_id);
    const Hash* previous = before.last_sequence == 0 ? &first : &before.hash;
    for (std::size_t i = 0; i < events; ++i) {
      made.push_back(event(session, before.last_sequence + i + 1, *previous));
      previous = &made.back().hash;
    }
    std::vector<EventView> views;
    for (const Event& one : made) views.push_back(view_of(one));
    CommitUnit unit;
    unit.session_id = session.id;
    unit.owner = "writer";
    unit.epoch = before.epoch;
    unit.expected_last_sequence = before.last_sequence;
    unit.take = true;
    unit.release = true;
    if (!head || touch) {
      const std::uint64_t expected = head ? session.version++ : kVersionAbsent;
      session.updated_at = tick();
      unit.session = SessionWrite{session, expected};
    }
    for (Run& run : runs) unit.runs.push_back({std::move(run), kVersionAny});
    for (Record& record : records) unit.records.push_back({std::move(record), kVersionAny, {}, 0});
    unit.events = views;
    commit(unit);
  }
  void put(const Record& record) {
    CommitUnit unit;
    unit.session_id = record.session_id;
    unit.records.push_back({record, kVersionAny, {}, 0});
    commit(unit);
  }
  void commit(const CommitUnit& unit) {
    const CommitUnit* units[] = {&unit};
    UnitResult results[1];
    const CommitStatus status = store_.commit(units, results, kWaitStoreLimit);
    ASSERT_EQ(status.outcome, CommitOutcome::filled) << (status.error ? status.error->message() : "");
    ASSERT_EQ(results[0].answer, CommitAnswer::ok) << results[0].error->message();
  }

  [[nodiscard]] Session session(const std::string& tenant = {}) {
    NewSession fields;
    fields.agent_id = one_in(5) ? "asmgr.audit" : "agent \xC3\xA9";
    fields.tenant = tenant;
    fields.metadata["n"] = below(1000);
    fields.metadata["text"] = "a \"b\" \n";
    fields.context["deep"] = boost::json::object{{"list", {1, 2.5, nullptr}}};
    if (one_in(2)) fields.tags = {"x", "y z"};
    auto made = make_session(std::move(fields), tick());
    made->chain_id = made->id;
    return *made;
  }
  [[nodiscard]] asmgr::Run run(const Session& session, RunStatus status) {
    NewRun fields;
    fields.session_id = session.id;
    fields.input = boost::json::object{{"prompt", std::string(below(200), 'p')}};
    auto made = make_run(std::move(fields), tick());
    made->status = status;
    made->version = 1 + below(4);
    if (status == RunStatus::completed) {
      made->output = boost::json::object{{"content", "done"}};
      made->cost_usd = 0.25;
      made->token_usage.input_tokens = 7;
      made->token_usage.total_tokens = 7;
      made->token_usage.quality = UsageQuality::reported;
      made->ended_at = tick();
    }
    if (status == RunStatus::failed) made->error = Error(ErrorCode::tool_error, "it broke", {{"why", "so"}});
    return *made;
  }
  [[nodiscard]] Record record(std::string_view kind, const Session* session, const std::string& status = "done") {
    Record made;
    made.kind = kind;
    made.id = "record-" + std::to_string(++made_);
    if (session != nullptr) {
      made.session_id = session->id;
      made.tenant = session->tenant;
    }
    made.version = 1 + below(3);
    made.status = status;
    made.value = static_cast<std::int64_t>(below(100)) - 50;
    made.body = one_in(2) ? R"({"a": 1.50})" : "";
    if (one_in(3)) made.due_at = tick();
    return made;
  }
  [[nodiscard]] Timestamp tick() { return Timestamp{1'700'000'000'000'000 + 1000 * ++time_}; }

 private:
  [[nodiscard]] Event event(const Session& session, std::uint64_t number, const Hash& previous) {
    Event made;
    made.id = one_in(6) ? "caller/" + std::to_string(++made_) : new_event_id(tick());
    made.caller_id = made.id.front() == 'c';
    made.type = one_in(8) ? EventType::unknown : EventType::message_sent;
    made.type_name = made.type == EventType::unknown ? "x.custom" : std::string(type_name(made.type));
    made.timestamp = tick();
    made.session_id = session.id;
    made.sequence_number = number;
    made.schema_version = static_cast<std::uint16_t>(1 + below(3));
    if (one_in(2)) made.run_id = new_run_id(tick());
    if (one_in(3)) made.provider = "provider";
    if (one_in(3)) made.correlation_id = "correlation";
    made.data = R"({ "text" : ")" + std::string(below(300), 't') + R"(\u00e9", "n": 1.50 })";
    if (one_in(3)) made.metadata = R"({"m":  [1]})";
    EventView view = view_of(made);
    made.hash = hasher_.chain(previous, view);
    made.body_hash = view.body_hash;
    if (one_in(10)) {
      made.pruned = true;
      made.data.clear();
      made.metadata.clear();
    }
    return made;
  }

  Store& store_;
  std::mt19937 random_;
  EventHasher hasher_;
  std::int64_t time_ = 0;
  std::uint64_t made_ = 0;
};

// Everything that copying keeps, by every read: a line for each row, with its number, hash and version.
inline std::vector<std::string> lines_of(Store& store) {
  std::vector<std::string> lines;
  SessionQuery sessions;
  sessions.include_deleted = true;
  sessions.limit = 100'000;
  for (const Session& session : store.list_sessions(sessions).value()) {
    const Head head = store.head(session.id).value();
    boost::json::object json = to_json(session, head.last_sequence);
    json["tenant"] = session.tenant;
    lines.push_back(to_text(json) + " " + to_hex(head.hash) + " " + std::to_string(session.version));
    EventQuery events;
    events.session_id = session.id;
    events.limit = 100'000;
    for (const Event& event : store.get_events(events).value()) {
      lines.push_back(event_json(view_of(event)) + (event.caller_id ? " caller" : "") + to_hex(event.body_hash));
    }
  }
  RunQuery runs;
  runs.limit = 100'000;
  for (const asmgr::Run& run : store.list_runs(runs).value()) {
    lines.push_back(to_text(to_json(run)) + " " + std::to_string(run.version));
  }
  for (const std::string_view kind : record_kind::kAll) {
    RecordQuery query;
    query.kind = kind;
    query.limit = 100'000;
    for (const Record& record : store.list_records(query).value()) {
      const bool of_host =
          record.kind == "host" ||
          ((record.kind == "command" || record.kind == record_kind::kRetention) && record.session_id.empty());
      if (of_host) continue;
      lines.push_back(record.kind + " " + record.id + " '" + record.tenant + "' " + record.session_id + " " +
                      record.status + " " + std::to_string(record.version) + " " + std::to_string(record.value) + " " +
                      std::to_string(record.due_at.us) + " " + record.body);
    }
  }
  return lines;
}

}  // namespace asmgr::testing
