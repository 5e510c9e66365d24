#include "tests/plugins/contract/same_answers_world.hpp"

namespace asmgr::contract {

std::uint64_t RandomWorld::version() {
  return one_in(3) ? ASMGR_VERSION_ANY : below(4);
}

// Now and then one that is no longer exact as a double.
std::uint64_t RandomWorld::new_version() {
  return one_in(50) ? (std::uint64_t{1} << 53) + 1 : 1 + below(3);
}

// Bytes come back as they were, whatever they are.
std::string RandomWorld::text() {
  switch (below(12)) {
    case 0:
      return R"({"text":"x"})";
    case 1:
      return "{\"text\":\"\xf0\x9f\x8c\x8a ' \\\" \\u0000 \xc3\xa9\"}";
    case 2:
      return R"({ "b" : 1e2,"a":1.0 , "a":2 })";
    case 3:
      return "{\"x\":\"" + std::string(9000, 'x') + "\"}";
    case 4:
      return "";
    default:
      return "{}";
  }
}

std::string RandomWorld::run_doc() {
  if (one_in(2)) return one_in(2) ? "{}" : "";
  std::string doc = R"({"token_usage":{"input_tokens":)" + std::to_string(below(5)) + R"(,"output_tokens":)" +
                    std::to_string(below(5)) + R"(,"total_tokens":)" + std::to_string(below(9)) + "}";
  if (one_in(2)) doc += R"(,"cost_usd":0.00)" + std::to_string(1 + below(9));
  if (one_in(2)) doc += R"(,"model":")" + pick({"m1", "m2"}) + "\"";
  return doc + "}";
}

Record RandomWorld::record() {
  Record r;
  r.kind = pick({"queue", "counter"});
  r.id = pick({"a", "b", "C", "d"});
  r.tenant = tenant();
  r.session_id = one_in(2) ? session() : "";
  r.status = pick({"", "open", "done"});
  r.body = one_in(2) ? text() : "";
  r.version = new_version();
  r.expected_version = version();
  r.due_us = static_cast<std::int64_t>(below(4) * 10);
  r.value = static_cast<std::int64_t>(below(50));
  r.add = static_cast<std::int64_t>(below(40)) - 10;
  r.ceiling = 60;
  if (one_in(3))
    r.flags = ASMGR_RECORD_ADD;
  else if (one_in(4))
    r.flags = ASMGR_RECORD_DELETE;
  return r;
}

Unit RandomWorld::unit(const std::string& session_id, const Head& head) {
  Unit u;
  if (one_in(12)) {
    u = with_record(record());
    while (one_in(3)) u.records.push_back(record());
    return u;
  }
  u.session_id = session_id;
  u.owner = head.owner.empty() || one_in(6) ? host() : head.owner;
  u.epoch = head.epoch + (one_in(10) ? below(3) : 0);
  if (one_in(20) && head.epoch > 0) u.epoch = head.epoch - 1;
  u.expected_last_seq = head.last_seq + (one_in(10) ? below(2) : 0);
  const bool creates = head.status != ASMGR_OK;
  if (creates ? !one_in(8) : (head.owner.empty() || one_in(8))) u.flags |= ASMGR_UNIT_TAKE;
  if (one_in(15)) u.flags |= ASMGR_UNIT_RELEASE;
  if (creates ? !one_in(8) : one_in(4)) u.session = session_row(session_id, creates);
  if (!one_in(5)) {
    const std::uint64_t count = 1 + below(4);
    for (std::uint64_t i = 1; i <= count; ++i) u.events.push_back(event(session_id, u.expected_last_seq + i, i == 1));
  }
  while (one_in(3)) u.runs.push_back(run_row(session_id));
  while (one_in(3)) u.records.push_back(record());
  // What any process may write without owning the session.
  if (u.flags == 0 && !u.session && u.events.empty() && one_in(2)) {
    u.epoch = 0;
    u.expected_last_seq = ASMGR_SEQ_UNCHECKED;
  }
  return u;
}

Session RandomWorld::session_row(const std::string& id, bool creates) {
  Session s;
  s.id = id;
  s.chain_id = id;
  s.parent_id = one_in(4) ? session() : "";
  s.tenant = tenant();
  s.agent_id = pick({"agent", "other"});
  s.doc = pick({R"({"tags":["x"]})", R"({"tags":["y","x"],"context":{}})", "{}", R"({"tags":[]})"});
  s.status = static_cast<std::uint32_t>(1 + below(6));
  s.version = new_version();
  s.expected_version = creates && !one_in(8) ? 0 : version();
  s.created_us = time();
  s.updated_us = time();
  s.deleted_us = one_in(6) ? 5 : 0;
  return s;
}

RunRow RandomWorld::run_row(const std::string& session_id) {
  RunRow r;
  r.id = run();
  r.session_id = one_in(2) ? session_id : "";
  r.provider = pick({"", "p1", "p2"});
  r.doc = run_doc();
  r.status = static_cast<std::uint32_t>(1 + below(6));
  r.version = new_version();
  r.expected_version = version();
  r.created_us = time();
  r.started_us = one_in(3) ? 0 : time();
  r.ended_us = one_in(3) ? 0 : time();
  return r;
}

Event RandomWorld::event(const std::string& session_id, std::uint64_t seq, bool first) {
  Event e = make_event(session_id, seq, text());
  e.metadata = text();
  e.id = usual_id("evt", ++events_made_);
  e.type_name = type();
  e.type = static_cast<std::uint32_t>(below(5));
  e.schema = static_cast<std::uint16_t>(1 + below(3));
  e.provider = pick({"", "p1", "p2"});
  e.correlation_id =
      one_in(2) ? "" : pick({"c", "COR_0000000000000000000000000000000f", "cor_0000000000000000000000000000000f"});
  e.run_id = one_in(3) ? "" : run();
  e.time_us = one_in(40) ? -1 : time();
  if (one_in(4)) {
    e.flags = ASMGR_EVENT_CALLER_ID;
    if (one_in(2) && first) e.id = "caller-" + std::to_string(below(30));
  }
  if (one_in(20)) {
    e.flags |= ASMGR_EVENT_PRUNED;
    e.data.clear();
    e.metadata.clear();
  }
  return e;
}

SessionQuery RandomWorld::session_query() {
  SessionQuery q{.tenant = tenant(), .status_mask = status_mask(), .limit = limit(), .include_deleted = one_in(2)};
  if (one_in(2)) q.agent_id = "agent";
  if (one_in(2)) q.after_id = session();
  return q;
}

RunQuery RandomWorld::run_query() {
  RunQuery q{.tenant = tenant(), .status_mask = status_mask(), .limit = limit()};
  if (one_in(2)) q.session_id = session();
  if (one_in(2)) q.after_id = run();
  return q;
}

EventQuery RandomWorld::event_query() {
  EventQuery q{.tenant = tenant(), .session_id = session(), .limit = limit()};
  q.order = static_cast<std::uint32_t>(below(2));
  if (one_in(2)) q.run_id = run();
  if (one_in(2)) q.types = {type(), type()};
  if (one_in(2)) q.since_us = time();
  q.after = one_in(2) ? below(20) : 0;
  q.before = one_in(2) ? below(40) : 0;
  return q;
}

RecordQuery RandomWorld::record_query() {
  const Record r = record();
  RecordQuery q{.tenant = tenant(), .kind = r.kind, .limit = limit()};
  if (one_in(2)) q.status = r.status;
  if (one_in(2)) q.session_id = r.session_id;
  if (one_in(2)) q.due_before_us = r.due_us;
  if (one_in(2)) q.after_id = r.id;
  return q;
}

std::string RandomWorld::filter(std::vector<std::string> members, std::initializer_list<const char*> orders) {
  if (orders.size() != 0) {
    members.push_back("\"order_by\":\"" + pick(orders) + "\"");
    members.push_back("\"limit\":" + std::to_string(1 + below(5)));
  }
  if (one_in(4)) members.push_back(R"("not_agent_id":"other")");
  std::string out = "{";
  for (const std::string& member : members) out.append(out.size() > 1 ? "," : "").append(member);
  return out + "}";
}

std::string RandomWorld::session_filter() {
  std::vector<std::string> members;
  if (one_in(3)) members.push_back(R"("status":["active","paused","failed"])");
  if (one_in(3)) members.push_back("\"tags\":[\"" + pick({"x", "y", "z"}) + "\"]");
  if (one_in(3)) members.push_back("\"provider\":[\"" + pick({"p1", "p2"}) + "\"]");
  if (one_in(3)) members.push_back("\"created_after\":" + std::to_string(time()));
  if (one_in(3)) members.push_back("\"created_before\":" + std::to_string(time()));
  if (one_in(2)) members.push_back(R"("include_deleted":true)");
  return filter(std::move(members), {"updated_at_desc", "created_at_asc", "created_at_desc"});
}

std::string RandomWorld::run_filter() {
  std::vector<std::string> members;
  if (one_in(3)) members.push_back(R"("status":["running","completed","failed"])");
  if (one_in(3)) members.push_back("\"provider\":[\"" + pick({"p1", "p2"}) + "\"]");
  if (one_in(3)) members.push_back("\"session_id\":\"" + session() + "\"");
  if (one_in(3)) members.push_back("\"min_tokens\":" + std::to_string(below(8)));
  if (one_in(3)) members.push_back("\"started_after\":" + std::to_string(time()));
  return filter(std::move(members), {"started_at_desc", "started_at_asc", "token_usage_desc"});
}

std::string RandomWorld::event_filter() {
  std::vector<std::string> members;
  if (one_in(2)) members.push_back("\"session_ids\":[\"" + session() + "\",\"" + session() + "\"]");
  if (one_in(3)) members.push_back("\"run_ids\":[\"" + run() + "\"]");
  if (one_in(3)) members.push_back("\"types\":[\"" + type() + "\"]");
  if (one_in(3)) members.push_back("\"providers\":[\"" + pick({"p1", "p2"}) + "\"]");
  if (one_in(4)) members.push_back(R"("correlation_id":"cor_0000000000000000000000000000000f")");
  if (one_in(3)) members.push_back("\"since\":" + std::to_string(time()));
  if (one_in(3)) members.push_back("\"until\":" + std::to_string(time()));
  return filter(std::move(members), {"sequence_asc", "timestamp_asc", "timestamp_desc"});
}

std::string RandomWorld::usage_filter() {
  std::vector<std::string> members;
  if (one_in(3)) members.push_back("\"since\":" + std::to_string(time()));
  if (one_in(3)) members.push_back("\"until\":" + std::to_string(time()));
  if (one_in(3)) members.push_back("\"session_id\":\"" + session() + "\"");
  return filter(std::move(members), {});
}

}  // namespace asmgr::contract
