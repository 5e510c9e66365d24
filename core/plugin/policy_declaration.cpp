#include "core/plugin/policy_declaration.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

Error wrong(std::string message) {
  return Error(ErrorCode::validation_error, std::move(message));
}

// Empty when `key` is absent or of the wanted type.
std::string wrong_type(const boost::json::object& json, std::string_view key, boost::json::kind wanted) {
  const boost::json::value* value = find(json, key);
  if (value == nullptr || value->is_null() || value->kind() == wanted) return {};
  return "its " + std::string(key) + " is not " +
         (wanted == boost::json::kind::array ? "an array" : "of kind " + std::string(to_string(wanted)));
}

Result<PolicyAction> read_action(const boost::json::object& json, std::string_view key) {
  const std::string_view name = find_string(json, key).value_or("cancel");
  if (const auto action = parse_action(name)) return *action;
  return wrong("its " + std::string(key) + " is '" + std::string(name) +
               "', not cancel, deny, request_approval or warn");
}

Result<PolicyNeed> read_need(const boost::json::value& value) {
  const boost::json::object* json = value.if_object();
  if (json == nullptr) return wrong("its needs hold something that is not an object");
  PolicyNeed need;
  need.rule = find_string(*json, "rule").value_or("");
  if (need.rule.empty()) return wrong("one of its needs names no rule");
  const std::string_view grade = find_string(*json, "grade").value_or("");
  const auto parsed = parse_grade(grade);
  if (!parsed)
    return wrong("rule '" + need.rule + "' needs the grade '" + std::string(grade) + "', which does not exist");
  need.grade = *parsed;
  Result<PolicyAction> action = read_action(*json, "action");
  if (!action) return action.error();
  need.action = *action;
  return need;
}

Result<void> read_events(const boost::json::array& names, PolicyInfo& info) {
  for (const boost::json::value& value : names) {
    if (!value.is_string()) return wrong("its events hold something that is not a string");
    const std::string_view name = value.get_string();
    if (name == "*") {
      info.observes_all = true;
      continue;
    }
    if (name == kTimePassed) {
      info.wants_time = true;
      continue;
    }
    // A type of a newer host is no mistake: it never comes here.
    if (const EventType type = event_type_of(name); type != EventType::unknown) info.events.push_back(type);
  }
  return {};
}

}  // namespace

Result<PolicyInfo> read_policy_declaration(std::string_view name, std::string_view text) {
  const auto json = parse_json_object(text, "policy declaration");
  if (!json) return json.error();
  for (const auto& [key, kind] : {std::pair{"limits", boost::json::kind::object},
                                  {"metadata", boost::json::kind::object},
                                  {"tool_rules", boost::json::kind::array},
                                  {"needs", boost::json::kind::array},
                                  {"events", boost::json::kind::array},
                                  {"on_violation", boost::json::kind::string}}) {
    if (std::string problem = wrong_type(*json, key, kind); !problem.empty()) return wrong(std::move(problem));
  }
  PolicyInfo info;
  info.name = name;
  if (const boost::json::object* limits = find_object(*json, "limits")) info.limits = *limits;
  for (const auto& limit : info.limits) {
    if (!limit.value().is_number()) return wrong("its limit '" + std::string(limit.key()) + "' is not a number");
  }
  if (const boost::json::array* rules = find_array(*json, "tool_rules")) info.tool_rules = *rules;
  if (const boost::json::object* metadata = find_object(*json, "metadata")) info.metadata = *metadata;
  Result<PolicyAction> on_violation = read_action(*json, "on_violation");
  if (!on_violation) return on_violation.error();
  info.on_violation = *on_violation;
  if (const boost::json::array* needs = find_array(*json, "needs")) {
    for (const boost::json::value& value : *needs) {
      Result<PolicyNeed> need = read_need(value);
      if (!need) return need.error();
      info.needs.push_back(std::move(*need));
    }
  }
  if (const boost::json::array* events = find_array(*json, "events")) {
    if (Result<void> read = read_events(*events, info); !read) return read.error();
  }
  return info;
}

}  // namespace asmgr
