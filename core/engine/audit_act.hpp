// Something that was done and has to be accounted for: who, what, when, for which request.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "core/engine/options.hpp"

namespace asmgr {

// The agent of the hidden sessions that hold the acts of a host; nobody else may use it.
inline constexpr std::string_view kAuditAgent = "asmgr.audit";
// The type of an act's event is this and AuditAct::what.
inline constexpr std::string_view kAuditTypePrefix = "audit_";

struct AuditAct {
  std::string what;  // session_deleted, policy_stopped, plugin_loaded, ...
  Caller by;
  std::string session_id = {};  // what it was done to; may be empty
  std::string run_id = {};
  boost::json::object details = {};  // no text of prompts, models or tools: that belongs to the session's own log
};

}  // namespace asmgr
