#include "permission_option.hpp"

#include <asmgr/toolkit/agent_report.hpp>
#include <string_view>

namespace asmgr::acp {
namespace {

std::optional<std::string> option_of_kind(const boost::json::array& options, std::string_view kind) {
  for (const boost::json::value& option : options) {
    const boost::json::object* object = option.if_object();
    if (object == nullptr || agent::text_at(*object, "kind") != kind) continue;
    const boost::json::value* id = object->if_contains("optionId");
    if (id != nullptr && id->is_string()) return std::string(id->get_string());
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> choose_option(const boost::json::array& options, bool allowed) {
  if (allowed) return option_of_kind(options, "allow_once");
  if (auto once = option_of_kind(options, "reject_once")) return once;
  return option_of_kind(options, "reject_always");
}

}  // namespace asmgr::acp
