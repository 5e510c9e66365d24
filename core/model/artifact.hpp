// What is known of an artifact: bytes that a run left in an artifact store because they are too large for the log.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "core/model/event.hpp"

namespace asmgr {

struct Artifact {
  std::string key;  // in the artifact store
  std::uint64_t bytes = 0;
  Hash sha256{};
  std::string content_type;
  std::string artifacts;  // instance name of the artifact store it was put into
  std::string session_id;
  std::string run_id;            // empty = of the session itself
  boost::json::object metadata;  // {"kind": "patch" | "event", "event_type"?, "event_id"?}
  Timestamp created_at;

  bool operator==(const Artifact&) const = default;
};

// Members as above; sha256 as 64 hexadecimal digits, an empty run_id as null.
[[nodiscard]] boost::json::object to_json(const Artifact& artifact);
// Errors: invalid_format naming the member.
[[nodiscard]] Result<Artifact> artifact_from_json(const boost::json::value& json);

}  // namespace asmgr
