#include "core/model/session.hpp"

#include "core/model/id.hpp"
#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

// What the plugin boundary carries as a document: context, metadata, tags.
Result<void> read_payloads(const ObjectReader& in, Session& session) {
  auto context = in.optional_object("context");
  if (!context) return context.error();
  auto metadata = in.optional_object("metadata");
  if (!metadata) return metadata.error();
  auto tags = in.optional_strings("tags");
  if (!tags) return tags.error();
  session.context = std::move(*context);
  session.metadata = std::move(*metadata);
  session.tags = std::move(*tags);
  return {};
}

Result<void> read_names(const ObjectReader& in, Session& session) {
  auto id = in.required_id("id");
  if (!id) return id.error();
  auto agent_id = in.required_string("agent_id");
  if (!agent_id) return agent_id.error();
  auto status_text = in.required_string("status");
  if (!status_text) return status_text.error();
  auto status = parse_session_status(*status_text);
  if (!status) return std::move(status.error()).with_context("cannot read session");
  auto parent = in.optional_id("parent_session_id");
  if (!parent) return parent.error();
  auto tenant = in.optional_string("tenant");
  if (!tenant) return tenant.error();
  auto chain_id = in.optional_id("chain_id");
  if (!chain_id) return chain_id.error();
  session.id = *id;
  session.agent_id = *agent_id;
  session.status = *status;
  session.parent_session_id = *parent;
  session.tenant = *tenant;
  session.chain_id = chain_id->empty() ? *id : *chain_id;
  return {};
}

Result<void> read_times(const ObjectReader& in, Session& session) {
  auto version = in.optional_int("version", 0, 1);
  if (!version) return version.error();
  auto created_at = in.required_time("created_at");
  if (!created_at) return created_at.error();
  auto updated_at = in.required_time("updated_at");
  if (!updated_at) return updated_at.error();
  session.version = static_cast<std::uint64_t>(*version);
  session.created_at = *created_at;
  session.updated_at = *updated_at;
  // A mark of deletion that cannot be read is no reason to lose the session.
  if (auto deleted_at = in.optional_time("deleted_at")) session.deleted_at = *deleted_at;
  return {};
}

Error bad_field(std::string_view field, std::string message) {
  return Error(ErrorCode::validation_error, std::move(message), {{"field", field}});
}

}  // namespace

Result<Session> make_session(NewSession fields, Timestamp now) {
  if (fields.agent_id.empty()) {
    return bad_field("agent_id", "cannot make a session without an agent_id; name the agent that it is for");
  }
  if (!fields.id.empty() && !is_valid_id(fields.id)) {
    return bad_field("id", "cannot make a session: its id must be 1 to 128 characters out of A-Z a-z 0-9 _ . : -");
  }
  if (!fields.parent_session_id.empty() && !is_valid_id(fields.parent_session_id)) {
    return bad_field("parent_session_id", "cannot make a session: its parent_session_id is not a session's id");
  }
  Session session;
  session.id = fields.id.empty() ? new_session_id(now) : std::move(fields.id);
  session.agent_id = std::move(fields.agent_id);
  session.parent_session_id = std::move(fields.parent_session_id);
  session.metadata = std::move(fields.metadata);
  session.context = std::move(fields.context);
  session.tags = std::move(fields.tags);
  session.tenant = std::move(fields.tenant);
  session.chain_id = session.id;
  session.version = 1;
  session.created_at = now;
  session.updated_at = now;
  return session;
}

boost::json::object to_json(const Session& session, std::uint64_t last_sequence) {
  boost::json::object json;
  json.reserve(14);
  json["id"] = session.id;
  json["agent_id"] = session.agent_id;
  json["status"] = status_name(session.status);
  json["parent_session_id"] = text_or_null(session.parent_session_id);
  json["metadata"] = session.metadata;
  json["context"] = session.context;
  json["tags"] = to_json_array(session.tags);
  json["tenant"] = session.tenant;
  json["chain_id"] = session.chain_id;
  json["version"] = session.version;
  json["last_sequence"] = last_sequence;
  json["created_at"] = format_timestamp(session.created_at);
  json["updated_at"] = format_timestamp(session.updated_at);
  json["deleted_at"] = time_or_null(session.deleted_at);
  return json;
}

Result<Session> session_from_json(const boost::json::value& json) {
  auto in = ObjectReader::open(json, "session", ErrorCode::validation_error);
  if (!in) return in.error();
  Session session;
  if (auto names = read_names(*in, session); !names) return names.error();
  if (auto payloads = read_payloads(*in, session); !payloads) return payloads.error();
  if (auto times = read_times(*in, session); !times) return times.error();
  return session;
}

std::string session_doc(const Session& session) {
  boost::json::object doc;
  doc.reserve(3);
  doc["context"] = session.context;
  doc["metadata"] = session.metadata;
  doc["tags"] = to_json_array(session.tags);
  return to_text(doc);
}

Result<void> read_session_doc(std::string_view doc, Session& session) {
  if (doc.empty()) doc = "{}";
  auto object = parse_document(doc, "session document");
  if (!object) return object.error();
  return read_payloads(ObjectReader(*object, "session document", ErrorCode::invalid_format), session);
}

}  // namespace asmgr
