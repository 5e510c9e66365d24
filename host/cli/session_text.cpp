#include "host/cli/session_text.hpp"

namespace asmgr::cli {

boost::json::object session_json(const ListedSession& listed) {
  auto json = to_json(listed.session, listed.last_sequence);
  if (listed.owner_gone) json["owner_gone"] = true;
  if (listed.approval_pending) json["approval_pending"] = true;
  return json;
}

std::string status_text(const ListedSession& listed) {
  std::string text(status_name(listed.session.status));
  if (listed.owner_gone) text += " (owner gone)";
  if (listed.approval_pending) text += " (approval pending)";
  return text;
}

std::string tags_text(const std::vector<std::string>& tags) {
  std::string text;
  for (const auto& tag : tags) text.append(text.empty() ? "" : ",").append(tag);
  return text;
}

}  // namespace asmgr::cli
