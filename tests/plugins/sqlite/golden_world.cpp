#include "tests/plugins/sqlite/golden_world.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "core/model/hash_chain.hpp"

namespace asmgr::contract {
namespace {

constexpr std::int64_t kBegin = 1'763'000'000'000'000;

EventView view_of_golden(const Event& event) {
  EventView view;
  view.id = event.id;
  view.type_name = event.type_name;
  view.timestamp = Timestamp{event.time_us};
  view.session_id = event.session_id;
  view.run_id = event.run_id;
  view.sequence_number = event.seq;
  view.schema_version = event.schema;
  view.pruned = (event.flags & ASMGR_EVENT_PRUNED) != 0;
  view.provider = event.provider;
  view.correlation_id = event.correlation_id;
  view.data = event.data;
  view.metadata = event.metadata;
  view.hash = event.hash;
  view.body_hash = event.body_hash;
  return view;
}

// Numbers and chains a log; what is flagged as pruned loses its text afterwards.
std::vector<Event> chained(const std::string& chain_id, std::vector<Event> events) {
  EventHasher hasher;
  asmgr::Hash previous = hasher.first(chain_id);
  for (std::size_t i = 0; i < events.size(); ++i) {
    Event& event = events[i];
    event.seq = i + 1;
    event.session_id = chain_id;
    event.time_us = kBegin + static_cast<std::int64_t>(i) * 1001;
    EventView view = view_of_golden(event);
    previous = hasher.chain(previous, view);
    event.hash = view.hash;
    event.body_hash = view.body_hash;
    if ((event.flags & ASMGR_EVENT_PRUNED) != 0) {
      event.data.clear();
      event.metadata.clear();
    }
  }
  return events;
}

Event said(std::uint32_t type, const std::string& name, std::uint64_t id, const std::string& run = {},
           const std::string& data = "{}") {
  Event event;
  event.type = type;
  event.type_name = name;
  event.id = usual_id("evt", id);
  event.run_id = run;
  event.data = data;
  event.provider = run.empty() ? "" : "talker";
  return event;
}

std::vector<Event> long_log() {
  const std::string run = usual_id("run", 0xa1);
  std::vector<Event> events = {
      said(ASMGR_EV_SESSION_CREATED, "session_created", 1),
      said(ASMGR_EV_SESSION_STARTED, "session_started", 2),
      said(ASMGR_EV_MESSAGE_SENT, "message_sent", 3, run, R"({"content":"hello"})"),
      said(ASMGR_EV_RUN_STARTED, "run_started", 4, run, R"({"provider":"talker"})"),
      said(ASMGR_EV_MESSAGE_STREAMED, "message_streamed", 5, run, R"({ "content" : "\u00e9 1e2" , "n":1.0})"),
      said(ASMGR_EV_MESSAGE_STREAMED, "message_streamed", 6, run, "{\"content\":\"\xf0\x9f\x8c\x8a '\\\"\"}"),
      said(ASMGR_EV_MESSAGE_STREAMED, "message_streamed", 7, run, R"({"content":"this text was pruned"})"),
      said(0, "vendor.made_up", 8, run, R"({"x":[1,2,{"y":null}]})"),
      said(ASMGR_EV_MESSAGE_RECEIVED, "message_received", 9, run, "{\"content\":\"" + std::string(5000, 'x') + "\"}"),
      said(ASMGR_EV_RUN_COMPLETED, "run_completed", 10, run),
  };
  events[4].metadata = R"({"attempt":1})";
  events[5].correlation_id = usual_id("cor", 5);
  events[6].flags = ASMGR_EVENT_PRUNED;
  events[7].correlation_id = "a correlation of another form";
  events[7].id = "their-own-id";
  events[7].flags = ASMGR_EVENT_CALLER_ID;
  events[8].schema = 2;
  return events;
}

Unit log_of(Session session, std::vector<Event> events) {
  Unit unit;
  unit.flags = ASMGR_UNIT_TAKE;
  unit.session_id = session.id;
  unit.owner = "host-of-then";
  unit.expected_last_seq = 0;
  session.chain_id = session.id;
  unit.events = chained(session.id, std::move(events));
  unit.session = std::move(session);
  return unit;
}

void write_unit(const StoreClient& store, const Unit& unit) {
  const UnitResult result = store.commit(unit);
  if (result.status != ASMGR_OK) throw std::runtime_error(unit.session_id + " was refused: " + result.message);
}

std::string hex_of(const Hash& hash) {
  return to_hex(hash);
}

boost::json::object to_json(const Session& s) {
  return {{"session", s.id},         {"agent", s.agent_id},    {"parent", s.parent_id},
          {"tenant", s.tenant},      {"chain", s.chain_id},    {"doc", s.doc},
          {"status", s.status},      {"version", s.version},   {"created", s.created_us},
          {"updated", s.updated_us}, {"deleted", s.deleted_us}};
}
boost::json::object to_json(const RunRow& r) {
  return {{"run", r.id},        {"session", r.session_id}, {"provider", r.provider},  {"doc", r.doc},
          {"status", r.status}, {"version", r.version},    {"created", r.created_us}, {"started", r.started_us},
          {"ended", r.ended_us}};
}
boost::json::object to_json(const Event& e) {
  return {{"event", e.id},
          {"session", e.session_id},
          {"seq", e.seq},
          {"time", e.time_us},
          {"type", e.type},
          {"name", e.type_name},
          {"flags", e.flags},
          {"schema", e.schema},
          {"run", e.run_id},
          {"provider", e.provider},
          {"correlation", e.correlation_id},
          {"data", e.data},
          {"metadata", e.metadata},
          {"hash", hex_of(e.hash)},
          {"body", hex_of(e.body_hash)}};
}
boost::json::object to_json(const Record& r) {
  return {{"record", r.id},          {"kind", r.kind},     {"tenant", r.tenant},
          {"session", r.session_id}, {"status", r.status}, {"body", r.body},
          {"version", r.version},    {"due", r.due_us},    {"value", r.value}};
}

// Who asked, and every row of the answer.
template <typename T>
std::string lines_of(const std::string& question, const Page<T>& page) {
  std::string out = boost::json::serialize(
      boost::json::object{{"asked", question}, {"status", page.status}, {"rows", page.items.size()}});
  out += '\n';
  for (const T& item : page.items) out += boost::json::serialize(to_json(item)) + "\n";
  return out;
}

}  // namespace

void write_golden_world(const StoreClient& store) {
  const std::string first = usual_id("ses", 0x51);
  Session session{
      .id = first, .agent_id = "agent", .doc = R"({"context":{},"metadata":{"k":"v"},"tags":["red","big"]})"};
  session.status = ASMGR_SESSION_ACTIVE;
  session.version = 3;
  session.created_us = kBegin;
  session.updated_us = kBegin + 7;
  Unit unit = log_of(session, long_log());
  unit.runs.push_back({.id = usual_id("run", 0xa1),
                       .provider = "talker",
                       .doc = R"({"token_usage":{"input_tokens":12,"output_tokens":30,"total_tokens":42},)"
                              R"("cost_usd":0.0125,"model":"m1"})",
                       .status = ASMGR_RUN_COMPLETED,
                       .version = 2,
                       .created_us = kBegin + 1,
                       .started_us = kBegin + 2,
                       .ended_us = kBegin + 9000});
  unit.runs.push_back({.id = "run-of-another-form", .doc = "", .created_us = kBegin + 3});
  unit.records.push_back({.kind = "queue", .id = usual_id("run", 0xa1), .session_id = first, .status = "done"});
  write_unit(store, unit);

  Session theirs{.id = "session of tenant \xc3\xa9", .agent_id = "other", .parent_id = first, .tenant = "t1"};
  theirs.status = ASMGR_SESSION_COMPLETED;
  theirs.created_us = theirs.updated_us = kBegin + 100;
  write_unit(store, log_of(theirs, {said(ASMGR_EV_SESSION_CREATED, "session_created", 20),
                                    said(ASMGR_EV_SESSION_COMPLETED, "session_completed", 21)}));

  Session gone{.id = usual_id("ses", 0x53), .doc = R"({"tags":["red"]})"};
  gone.status = ASMGR_SESSION_CANCELLED;
  gone.created_us = kBegin + 200;
  gone.updated_us = gone.deleted_us = kBegin + 300;
  write_unit(store, log_of(gone, {said(ASMGR_EV_SESSION_CREATED, "session_created", 30)}));

  Unit records = with_record({.kind = "counter", .id = "budget", .tenant = "t1", .value = 5});
  records.records.push_back({.kind = "counter",
                             .id = "budget",
                             .tenant = "t1",
                             .flags = ASMGR_RECORD_ADD,
                             .expected_version = ASMGR_VERSION_ANY,
                             .add = 37,
                             .ceiling = 100});
  records.records.push_back({.kind = "command",
                             .id = "cmd",
                             .session_id = first,
                             .status = "pending",
                             .body = R"({"verb":"cancel"})",
                             .version = (std::uint64_t{1} << 53) + 1,
                             .due_us = kBegin + 400});
  write_unit(store, records);
}

std::string answers_about_golden_world(const StoreClient& store) {
  std::string out;
  SessionQuery sessions;
  sessions.include_deleted = true;
  const auto all = store.list_sessions(sessions);
  out += lines_of("sessions", all);
  sessions.tenant = "t1";
  sessions.include_deleted = false;
  out += lines_of("sessions of t1", store.list_sessions(sessions));
  for (const Session& session : all.items) {
    const Head head = store.head(session.id);
    const boost::json::object row{{"head", session.id},        {"last", head.last_seq}, {"epoch", head.epoch},
                                  {"hash", hex_of(head.hash)}, {"owner", head.owner},   {"alive", head.owner_alive}};
    out += boost::json::serialize(row) + "\n";
    out += lines_of("events", store.events_of(session.id));
    RunQuery runs;
    runs.session_id = session.id;
    out += lines_of("runs", store.list_runs(runs));
  }
  for (const char* kind : {"queue", "counter", "command"}) {
    RecordQuery records;
    records.kind = kind;
    out += lines_of(kind, store.list_records(records));
  }
  return out;
}

std::string findings_in_golden_world(const StoreClient& store) {
  if (!store.has_queries()) return {};
  std::string out;
  for (const char* filter : {R"({"tags":["red"]})", R"({"tags":["red"],"include_deleted":true})",
                             R"({"provider":["talker"]})", R"({"status":["completed"]})"})
    out += lines_of(std::string("sessions ") + filter, store.search_sessions(filter));
  for (const char* filter : {R"({"min_tokens":40})", R"({"provider":["talker"]})", "{}"})
    out += lines_of(std::string("runs ") + filter, store.search_runs(filter));
  for (const char* filter :
       {R"({"types":["vendor.made_up"]})", R"({"correlation_id":"a correlation of another form"})"})
    out += lines_of(std::string("events ") + filter, store.search_events(filter));
  for (const char* what : {"sessions", "runs", "events", "usage"}) {
    const auto sum = store.summarize(what, "{}");
    out += std::string("{\"sum\":\"") + what + "\",\"is\":" + (sum.items.empty() ? "null" : sum.items.front()) + "}\n";
  }
  return out;
}

std::string broken_chains(const StoreClient& store) {
  std::string wrong;
  SessionQuery sessions;
  sessions.include_deleted = true;
  for (const Session& session : store.list_sessions(sessions).items) {
    ChainVerifier verifier(session.chain_id);
    for (const Event& event : store.events_of(session.id).items) {
      const auto checked = verifier.next(view_of_golden(event));
      if (!checked) wrong += session.id + " #" + std::to_string(event.seq) + ": " + checked.error().message() + "\n";
    }
    const Head head = store.head(session.id);
    if (head.last_seq != verifier.last_sequence() || head.hash != verifier.last_hash())
      wrong += session.id + ": the head is not at the end of the log\n";
  }
  return wrong;
}

}  // namespace asmgr::contract
