// A session: who talks, in which status, with what context. Its log of events is kept beside it, never in it.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/model/state_machine.hpp"
#include "core/model/time.hpp"

namespace asmgr {

struct Session {
  std::string id;
  std::string agent_id;
  SessionStatus status = SessionStatus::pending;
  std::string parent_session_id;  // empty = none
  boost::json::object metadata;
  boost::json::object context;
  std::vector<std::string> tags;
  std::string tenant;
  std::string chain_id;  // id at creation; survives fork and import
  std::uint64_t version = 0;
  Timestamp created_at;
  Timestamp updated_at;
  Timestamp deleted_at;  // not set = not deleted

  bool operator==(const Session&) const = default;
};

struct NewSession {
  std::string id;  // empty = make one
  std::string agent_id;
  std::string parent_session_id;
  boost::json::object metadata;
  boost::json::object context;
  std::vector<std::string> tags;
  std::string tenant;
};
// A pending session with version 1. Errors: validation_error (agent_id empty, an id that is no id).
[[nodiscard]] Result<Session> make_session(NewSession fields, Timestamp now);

// The JSON shape users see; `last_sequence` comes from the head.
[[nodiscard]] boost::json::object to_json(const Session& session, std::uint64_t last_sequence);
// The inverse, ignoring last_sequence and unknown keys. Errors: validation_error, invalid_status.
[[nodiscard]] Result<Session> session_from_json(const boost::json::value& json);

// The `doc` text of the plugin boundary: {"context","metadata","tags"}.
[[nodiscard]] std::string session_doc(const Session& session);
// Fills context, metadata and tags. Errors: invalid_format.
[[nodiscard]] Result<void> read_session_doc(std::string_view doc, Session& session);

}  // namespace asmgr
