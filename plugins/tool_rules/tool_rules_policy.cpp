#include "tool_rules_policy.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tool_rules_run.hpp"

namespace asmgr::tool_rules {
namespace {

namespace json = boost::json;
using asmgr::sdk::as_json;

json::array written(const std::vector<Rule>& rules) {
  json::array out;
  for (const Rule& rule : rules) out.push_back(rule.written());
  return out;
}

json::object need(std::string_view rule, std::uint32_t action) {
  return {{"rule", as_json(rule)},
          {"grade", action == ASMGR_WARN ? "observe" : "intercept"},
          {"action", as_json(action_name(action))}};
}

// A member that is a list, of an object given as text; empty when there is none.
json::array list_in(std::string_view text, std::string_view key) {
  json::error_code problem;
  const json::value parsed = json::parse(as_json(text), problem);
  if (problem || !parsed.is_object()) return {};
  const json::value* list = parsed.get_object().if_contains(as_json(key));
  return list != nullptr && list->is_array() ? list->get_array() : json::array();
}

bool contains(const json::array& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](const json::value& value) {
    return value.is_string() && value.get_string() == as_json(name);
  });
}

// The names of the rules; nullopt when one of them is no plain name.
std::optional<json::array> names_of(const std::vector<Rule>& rules) {
  json::array names;
  for (const Rule& rule : rules) {
    const std::optional<std::string> name = rule.plain_name();
    if (!name) return std::nullopt;
    names.emplace_back(as_json(*name));
  }
  return names;
}

}  // namespace

ToolRulesPolicy::ToolRulesPolicy(const asmgr::sdk::Create& create) : settings_(read_settings(create.config)) {}

std::string ToolRulesPolicy::declare() {
  json::array rules;
  json::array needs;
  if (settings_.allow) {
    rules.push_back(json::object{{"allow", written(*settings_.allow)}});
    needs.push_back(need("allow", settings_.on_violation));
  }
  if (!settings_.deny.empty()) {
    rules.push_back(json::object{{"deny", written(settings_.deny)}});
    needs.push_back(need("deny", settings_.on_violation));
  }
  if (!settings_.ask.empty()) {
    rules.push_back(json::object{{"ask", written(settings_.ask)}});
    needs.push_back(need("ask", ASMGR_REQUEST_APPROVAL));
  }
  return json::serialize(json::object{{"limits", json::object()},
                                      {"tool_rules", std::move(rules)},
                                      {"on_violation", as_json(action_name(settings_.on_violation))},
                                      {"metadata", json::object()},
                                      {"needs", std::move(needs)},
                                      {"events", json::array{"tool_call_started"}}});
}

std::unique_ptr<asmgr::sdk::PolicyRun> ToolRulesPolicy::begin(std::string_view effective_json, const asmgr_session&,
                                                              const asmgr_run&) {
  return std::make_unique<ToolRulesRun>(settings_, list_in(effective_json, "tool_rules"));
}

std::string ToolRulesPolicy::compile(std::string_view, std::string_view provider_describe_json) {
  const json::array hints = list_in(provider_describe_json, "hints");
  json::object options;
  json::array enforces;
  const bool names_exactly = settings_.reading.names == LetterCase::exact;
  const bool holds_back = settings_.on_violation != ASMGR_WARN && settings_.on_violation != ASMGR_REQUEST_APPROVAL;
  if (holds_back && names_exactly && settings_.allow && settings_.deny.empty() && contains(hints, "allowed_tools")) {
    // What may be asked for must stay visible to the model.
    std::vector<const std::vector<Rule>*> lists{&*settings_.allow, &settings_.ask};
    json::array allowed;
    bool plain = true;
    for (const std::vector<Rule>* list : lists) {
      const std::optional<json::array> names = names_of(*list);
      plain = plain && names.has_value();
      if (names) allowed.insert(allowed.end(), names->begin(), names->end());
    }
    if (plain) {
      options.emplace("allowed_tools", std::move(allowed));
      enforces.emplace_back("allow");
    }
  }
  if (holds_back && names_exactly && !settings_.deny.empty() && contains(hints, "denied_tools")) {
    if (std::optional<json::array> names = names_of(settings_.deny)) {
      options.emplace("denied_tools", std::move(*names));
      enforces.emplace_back("deny");
    }
  }
  return json::serialize(json::object{{"options", std::move(options)}, {"enforces", std::move(enforces)}});
}

}  // namespace asmgr::tool_rules
