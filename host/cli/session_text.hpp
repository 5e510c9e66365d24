// Sessions as lists and `session show` print them.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "core/engine/options.hpp"

namespace asmgr::cli {

// The shape of a session, and owner_gone and approval_pending where they hold.
[[nodiscard]] boost::json::object session_json(const ListedSession& listed);
// "active (owner gone)"
[[nodiscard]] std::string status_text(const ListedSession& listed);
// "a,b"
[[nodiscard]] std::string tags_text(const std::vector<std::string>& tags);

}  // namespace asmgr::cli
