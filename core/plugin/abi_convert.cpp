#include "core/plugin/abi_convert.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/model/id.hpp"
#include "core/plugin/abi_text.hpp"

namespace asmgr {
namespace {

// The end of year 9999: what is later is no time but a mistake of unit.
constexpr std::int64_t kLastTime = 253'402'300'799'999'999;

struct NamedText {
  asmgr_str text;
  std::string_view name;
};

std::string first_problem(std::initializer_list<NamedText> texts) {
  for (const NamedText& each : texts) {
    if (std::string problem = problem_with_text(each.text, each.name); !problem.empty()) return problem;
  }
  return {};
}

std::string problem_with_time(std::int64_t us, std::string_view what) {
  if (us >= 0 && us <= kLastTime) return {};
  return "its " + std::string(what) + " is " + std::to_string(us) + ", which is no time in microseconds";
}

std::string problem_with_id(asmgr_str text, std::string_view what) {
  if (std::string problem = problem_with_text(text, what); !problem.empty()) return problem;
  if (is_valid_id(view_of_text(text))) return {};
  return "its " + std::string(what) + " '" + std::string(view_of_text(text).substr(0, 128)) +
         "' is not an id (1 to 128 characters of A-Z a-z 0-9 _ . : -)";
}

Hash hash_of(const std::uint8_t (&bytes)[32]) noexcept {
  Hash hash;
  std::copy(std::begin(bytes), std::end(bytes), hash.begin());
  return hash;
}

// The name decides; a number this host knows must agree with it, and alone stands for its name.
std::string read_type(const asmgr_event& event, EventView& out) {
  const std::string_view name = view_of_text(event.type_name);
  const bool known = event.type >= 1 && event.type <= static_cast<std::uint32_t>(EventType::step_reset);
  if (name.empty()) {
    if (!known) {
      return "it has no type_name, and its type " + std::to_string(event.type) + " is not one this host knows";
    }
    out.type = static_cast<EventType>(event.type);
    out.type_name = type_name(out.type);
    return {};
  }
  if (std::string problem = problem_with_id(event.type_name, "type_name"); !problem.empty()) return problem;
  out.type = event_type_of(name);
  out.type_name = name;
  const auto meant = static_cast<EventType>(event.type);
  if (known && meant != out.type) {
    return "its type " + std::to_string(event.type) + " is " + std::string(type_name(meant)) +
           " and its type_name says '" + std::string(name) + "'";
  }
  return {};
}

std::string read_body(const asmgr_event& event, EventView& out) {
  for (std::string problem :
       {problem_with_object(event.data, "data"), problem_with_object(event.metadata, "metadata")}) {
    if (!problem.empty()) return problem;
  }
  out.data = event.data.len == 0 ? std::string_view("{}") : view_of_text(event.data);
  out.metadata = event.metadata.len == 0 ? std::string_view("{}") : view_of_text(event.metadata);
  return {};
}

}  // namespace

void to_abi(const EventView& event, asmgr_event& out) noexcept {
  out.size = sizeof(asmgr_event);
  out.schema = event.schema_version;
  std::uint32_t flags = 0;
  if (event.pruned) flags |= ASMGR_EVENT_PRUNED;
  if (event.caller_id) flags |= ASMGR_EVENT_CALLER_ID;
  out.flags = static_cast<std::uint16_t>(flags);
  out.seq = event.sequence_number;
  out.time_us = event.timestamp.us;
  out.type = static_cast<std::uint32_t>(event.type);
  out.reserved0 = 0;
  out.id = text_of(event.id);
  out.session_id = text_of(event.session_id);
  out.run_id = text_of(event.run_id);
  out.type_name = text_of(event.type_name);
  out.provider = text_of(event.provider);
  out.correlation_id = text_of(event.correlation_id);
  out.data = text_of(event.data);
  out.metadata = text_of(event.metadata);
  std::copy(event.hash.begin(), event.hash.end(), std::begin(out.hash));
  std::copy(event.body_hash.begin(), event.body_hash.end(), std::begin(out.body_hash));
}

void to_abi(const Session& session, std::string_view doc, asmgr_session& out) noexcept {
  out.size = sizeof(asmgr_session);
  out.status = static_cast<std::uint32_t>(session.status);
  out.version = session.version;
  out.expected_version = ASMGR_VERSION_ANY;
  out.created_us = session.created_at.us;
  out.updated_us = session.updated_at.us;
  out.deleted_us = session.deleted_at.us;
  out.id = text_of(session.id);
  out.agent_id = text_of(session.agent_id);
  out.parent_id = text_of(session.parent_session_id);
  out.tenant = text_of(session.tenant);
  out.chain_id = text_of(session.chain_id);
  out.doc = text_of(doc);
}

void to_abi(const Run& run, std::string_view doc, asmgr_run& out) noexcept {
  out.size = sizeof(asmgr_run);
  out.status = static_cast<std::uint32_t>(run.status);
  out.version = run.version;
  out.expected_version = ASMGR_VERSION_ANY;
  out.created_us = run.created_at.us;
  out.started_us = run.started_at.us;
  out.ended_us = run.ended_at.us;
  out.id = text_of(run.id);
  out.session_id = text_of(run.session_id);
  out.provider = text_of(run.provider);
  out.doc = text_of(doc);
}

void to_abi(const Record& record, asmgr_record& out) noexcept {
  out.size = sizeof(asmgr_record);
  out.flags = 0;
  out.version = record.version;
  out.expected_version = ASMGR_VERSION_ANY;
  out.due_us = record.due_at.us;
  out.value = record.value;
  out.add = 0;
  out.ceiling = 0;
  out.kind = text_of(record.kind);
  out.id = text_of(record.id);
  out.tenant = text_of(record.tenant);
  out.session_id = text_of(record.session_id);
  out.status = text_of(record.status);
  out.body = text_of(record.body);
}

std::string from_abi(const asmgr_event& event, EventView& out) {
  if (std::string problem = first_problem({{event.id, "id"},
                                           {event.session_id, "session_id"},
                                           {event.run_id, "run_id"},
                                           {event.provider, "provider"},
                                           {event.correlation_id, "correlation_id"}});
      !problem.empty()) {
    return problem;
  }
  if (event.id.len == 0 || event.session_id.len == 0) return "it has no id or no session_id";
  if (event.seq == 0) return "its sequence number is 0";
  if (std::string problem = problem_with_time(event.time_us, "time_us"); !problem.empty()) return problem;
  if (std::string problem = read_type(event, out); !problem.empty()) return problem;
  out.pruned = (event.flags & ASMGR_EVENT_PRUNED) != 0;
  out.caller_id = (event.flags & ASMGR_EVENT_CALLER_ID) != 0;
  if (std::string problem = read_body(event, out); !problem.empty()) return problem;
  out.id = view_of_text(event.id);
  out.session_id = view_of_text(event.session_id);
  out.run_id = view_of_text(event.run_id);
  out.provider = view_of_text(event.provider);
  out.correlation_id = view_of_text(event.correlation_id);
  out.timestamp.us = event.time_us;
  out.sequence_number = event.seq;
  out.schema_version = event.schema;
  out.hash = hash_of(event.hash);
  out.body_hash = hash_of(event.body_hash);
  return {};
}

std::string from_emitted(const asmgr_event& event, EventView& out) {
  if (event.id.len != 0) {
    if (std::string problem = problem_with_id(event.id, "id"); !problem.empty()) return problem;
  }
  if (std::string problem = problem_with_text(event.correlation_id, "correlation_id"); !problem.empty()) return problem;
  if (std::string problem = problem_with_time(event.time_us, "time_us"); !problem.empty()) return problem;
  if (std::string problem = read_type(event, out); !problem.empty()) return problem;
  if (std::string problem = read_body(event, out); !problem.empty()) return problem;
  out.id = view_of_text(event.id);
  out.caller_id = event.id.len != 0;
  out.correlation_id = view_of_text(event.correlation_id);
  out.timestamp.us = event.time_us;
  out.schema_version = event.schema == 0 ? std::uint16_t{1} : event.schema;
  return {};
}

std::string from_abi(const asmgr_session& session, Session& out) {
  if (std::string problem = first_problem({{session.id, "id"},
                                           {session.agent_id, "agent_id"},
                                           {session.parent_id, "parent_id"},
                                           {session.tenant, "tenant"},
                                           {session.chain_id, "chain_id"},
                                           {session.doc, "doc"}});
      !problem.empty()) {
    return problem;
  }
  if (session.id.len == 0) return "it has no id";
  const auto status = session_status_of(session.status);
  if (!status) return "its status is " + std::to_string(session.status) + ", which no session has";
  for (std::string problem :
       {problem_with_time(session.created_us, "created_us"), problem_with_time(session.updated_us, "updated_us"),
        problem_with_time(session.deleted_us, "deleted_us")}) {
    if (!problem.empty()) return problem;
  }
  if (const Result<void> read = read_session_doc(view_of_text(session.doc), out); !read) {
    return "its doc cannot be read: " + read.error().message();
  }
  out.id = view_of_text(session.id);
  out.agent_id = view_of_text(session.agent_id);
  out.status = *status;
  out.parent_session_id = view_of_text(session.parent_id);
  out.tenant = view_of_text(session.tenant);
  out.chain_id = view_of_text(session.chain_id);
  out.version = session.version;
  out.created_at.us = session.created_us;
  out.updated_at.us = session.updated_us;
  out.deleted_at.us = session.deleted_us;
  return {};
}

std::string from_abi(const asmgr_run& run, Run& out) {
  if (std::string problem =
          first_problem({{run.id, "id"}, {run.session_id, "session_id"}, {run.provider, "provider"}, {run.doc, "doc"}});
      !problem.empty()) {
    return problem;
  }
  if (run.id.len == 0 || run.session_id.len == 0) return "it has no id or no session_id";
  const auto status = run_status_of(run.status);
  if (!status) return "its status is " + std::to_string(run.status) + ", which no run has";
  for (std::string problem :
       {problem_with_time(run.created_us, "created_us"), problem_with_time(run.started_us, "started_us"),
        problem_with_time(run.ended_us, "ended_us")}) {
    if (!problem.empty()) return problem;
  }
  if (const Result<void> read = read_run_doc(view_of_text(run.doc), out); !read) {
    return "its doc cannot be read: " + read.error().message();
  }
  out.id = view_of_text(run.id);
  out.session_id = view_of_text(run.session_id);
  out.status = *status;
  out.provider = view_of_text(run.provider);
  out.version = run.version;
  out.created_at.us = run.created_us;
  out.started_at.us = run.started_us;
  out.ended_at.us = run.ended_us;
  return {};
}

std::string from_abi(const asmgr_record& record, Record& out) {
  if (std::string problem = first_problem({{record.kind, "kind"},
                                           {record.id, "id"},
                                           {record.tenant, "tenant"},
                                           {record.session_id, "session_id"},
                                           {record.status, "status"},
                                           {record.body, "body"}});
      !problem.empty()) {
    return problem;
  }
  if (record.kind.len == 0 || record.id.len == 0) return "it has no kind or no id";
  if (std::string problem = problem_with_time(record.due_us, "due_us"); !problem.empty()) return problem;
  out.kind = view_of_text(record.kind);
  out.id = view_of_text(record.id);
  out.tenant = view_of_text(record.tenant);
  out.session_id = view_of_text(record.session_id);
  out.version = record.version;
  out.status = view_of_text(record.status);
  out.due_at.us = record.due_us;
  out.value = record.value;
  out.body = view_of_text(record.body);
  return {};
}

}  // namespace asmgr
