#include "host/cli/policy_text.hpp"

#include <string_view>

#include "core/model/json.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kValueColumns = 48;

std::string member_of(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : to_text(*value);
}

// The objects of a list; what is none is passed over.
std::vector<const json::object*> objects_in(const json::object& object, std::string_view key) {
  std::vector<const json::object*> objects;
  const json::array* list = find_array(object, key);
  if (list == nullptr) return objects;
  for (const json::value& item : *list) {
    if (item.is_object()) objects.push_back(&item.get_object());
  }
  return objects;
}

void append_item(std::string& list, std::string_view item) {
  list.append(list.empty() ? "" : ", ").append(item);
}

std::string with_source(std::string text, const json::object& object) {
  const std::string source = member_of(object, "source");
  return source.empty() ? text : text.append(" (").append(source).append(")");
}

std::string held_by(const json::object& rule) {
  const std::string by = member_of(rule, "enforced_by");
  return by == "none" ? "nobody" : "the " + by;
}

std::string combined_limits(const json::object& effective) {
  std::string limits;
  if (const json::object* all = find_object(effective, "limits")) {
    for (const auto& [name, value] : *all) append_item(limits, std::string(name) + " " + to_text(value));
  }
  return limits.empty() ? limits : limits + " (" + member_of(effective, "limit_merge") + ")";
}

std::string on_violation_text(const json::object& explanation) {
  const std::string action = member_of(explanation, "on_violation");
  return action + ", the strictest of them";
}

std::string policy_rows(const json::object& explanation) {
  std::vector<std::vector<std::string>> rows;
  for (const json::object* policy : objects_in(explanation, "policies")) {
    rows.push_back({member_of(*policy, "name"), member_of(*policy, "on_violation"), member_of(*policy, "on_error"),
                    member_of(*policy, "on_unenforceable"), member_of(*policy, "source")});
  }
  return table({"POLICY", "ON VIOLATION", "ON ERROR", "ON UNENFORCEABLE", "FROM"}, rows);
}

// "3", or "3 (5 here)" where other policies brought another value.
std::string value_text(const json::object& rule) {
  const std::string own = member_of(rule, "value");
  const std::string holds = member_of(rule, "holds");
  if (holds.empty()) return "-";
  return own == holds ? own : holds + " (" + own + " here)";
}

std::string rule_rows(const json::object& explanation) {
  std::vector<std::vector<std::string>> rows;
  for (const json::object* rule : objects_in(explanation, "rules")) {
    rows.push_back({member_of(*rule, "rule"), one_line(value_text(*rule), kValueColumns), member_of(*rule, "policy"),
                    member_of(*rule, "action"), member_of(*rule, "needs"), member_of(*rule, "enforced_by"),
                    member_of(*rule, "source"), member_of(*rule, "consequence")});
  }
  return table({"RULE", "VALUE", "POLICY", "ACTION", "NEEDS", "ENFORCED BY", "FROM", "WHEN BROKEN"}, rows);
}

std::string limit_rows(const json::object& explanation) {
  std::vector<std::vector<std::string>> rows;
  for (const json::object* limit : objects_in(explanation, "limits")) {
    std::string others;
    for (const json::object* other : objects_in(*limit, "instead_of")) {
      append_item(others, with_source(member_of(*other, "value") + " of " + member_of(*other, "policy"), *other));
    }
    rows.push_back({member_of(*limit, "name"), member_of(*limit, "value"), member_of(*limit, "policy"),
                    member_of(*limit, "source"), others.empty() ? "-" : others});
  }
  return table({"LIMIT", "VALUE", "POLICY", "FROM", "INSTEAD OF"}, rows);
}

std::string tool_rule_rows(const json::object& explanation) {
  std::vector<std::vector<std::string>> rows;
  for (const json::object* rule : objects_in(explanation, "tool_rules")) {
    rows.push_back({member_of(*rule, "rule"), member_of(*rule, "policy"), member_of(*rule, "source")});
  }
  return table({"TOOL RULE", "POLICY", "FROM"}, rows);
}

bool has_any(const json::object& explanation, std::string_view key) {
  const json::array* list = find_array(explanation, key);
  return list != nullptr && !list->empty();
}

}  // namespace

std::vector<std::pair<std::string, std::string>> effective_policy_lines(const json::object& effective) {
  std::vector<std::pair<std::string, std::string>> lines;
  std::string names;
  if (const json::array* list = find_array(effective, "names")) {
    for (const json::value& name : *list)
      append_item(names, name.is_string() ? std::string(name.get_string()) : to_text(name));
  }
  lines.emplace_back("policies", names);
  lines.emplace_back("limits", combined_limits(effective));
  if (has_any(effective, "tool_rules")) lines.emplace_back("tool rules", member_of(effective, "tool_rules"));
  for (const json::object* rule : objects_in(effective, "rules")) {
    const std::string text = member_of(*rule, "rule") + " of " + member_of(*rule, "policy") + ": " +
                             member_of(*rule, "action") + ", enforced by " + held_by(*rule);
    lines.emplace_back("rule", with_source(text, *rule));
  }
  return lines;
}

std::string explanation_text(const json::object& explanation) {
  static const json::object kUnknown;
  const json::object* known = find_object(explanation, "provider");
  const json::object& provider = known == nullptr ? kUnknown : *known;
  std::string text = field_line("pipeline", member_of(explanation, "pipeline"));
  text += field_line("provider", member_of(provider, "name") + ", of grade " + member_of(provider, "grade"));
  if (!has_any(explanation, "policies")) return text + field_line("policies", "none: nothing is watched");
  if (has_any(provider, "hints")) text += field_line("honours", member_of(provider, "hints"));
  const json::object* options = find_object(explanation, "options");
  if (options != nullptr && !options->empty()) text += field_line("is told", to_text(*options));
  text += field_line("violation", on_violation_text(explanation));
  const json::object* metadata = find_object(explanation, "metadata");
  if (metadata != nullptr && !metadata->empty()) text += field_line("metadata", to_text(*metadata));
  text += "\n" + policy_rows(explanation);
  if (has_any(explanation, "rules")) text += "\n" + rule_rows(explanation);
  if (has_any(explanation, "limits")) {
    text += "\n" + limit_rows(explanation);
    const bool last = member_of(explanation, "limit_merge") == "last_wins";
    text += last ? "Of several values of a limit the last one holds (limit_merge: last_wins).\n"
                 : "Of several values of a limit the tightest one holds (limit_merge: tightest).\n";
  }
  if (has_any(explanation, "tool_rules")) text += "\n" + tool_rule_rows(explanation);
  return text;
}

}  // namespace asmgr::cli
