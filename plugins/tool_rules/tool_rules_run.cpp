#include "tool_rules_run.hpp"

#include <algorithm>
#include <array>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "contradictions.hpp"

namespace asmgr::tool_rules {
namespace {

namespace json = boost::json;
using asmgr::sdk::as_json;
using asmgr::sdk::Decision;
using asmgr::sdk::StatusError;

// Room for the JSON of a call, without the heap for all but large ones.
struct CallMemory {
  std::array<unsigned char, 4096> bytes;
  json::monotonic_resource resource{bytes.data(), bytes.size()};
};

// The value lives in `memory`.
json::value parse_call(std::string_view text, const char* what, json::monotonic_resource& memory) {
  json::error_code problem;
  json::value value = json::parse(as_json(text), problem, &memory);
  if (problem || !value.is_object())
    throw StatusError(ASMGR_E_INVALID_FORMAT,
                      std::string(what) +
                          " is no JSON object, so its tool cannot be judged; this is a fault of the "
                          "provider or the host");
  return value;
}

std::string_view text_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

json::array patterns_of(const std::vector<Rule>& rules) {
  json::array patterns;
  for (const Rule& rule : rules) patterns.emplace_back(as_json(rule.tool().pattern()));
  return patterns;
}

// The entries of one kind in the rules of a stack; `has_empty` when a list has no entry.
std::vector<Rule> rules_of_stack(const json::array& stack, const char* kind, const Reading& reading, bool& has_empty) {
  std::vector<Rule> rules;
  for (const json::value& of_policy : stack) {
    const json::value* list = of_policy.is_object() ? of_policy.get_object().if_contains(kind) : nullptr;
    if (list == nullptr || !list->is_array()) continue;
    has_empty = has_empty || list->get_array().empty();
    for (const json::value& written : list->get_array()) {
      try {
        rules.emplace_back(written, reading);
      } catch (const RuleProblem&) {
        // Of another policy, which has its own idea of a rule.
      }
    }
  }
  return rules;
}

}  // namespace

void ToolRulesRun::preflight(std::string_view, Decision& decision, asmgr::sdk::ItemSink<asmgr_hold>&) {
  const std::uint32_t action = settings_.on_violation == ASMGR_WARN ? ASMGR_WARN : ASMGR_CANCEL;
  bool empty_allow = false;
  bool empty_deny = false;
  const std::vector<Rule> allowed = rules_of_stack(effective_rules_, "allow", settings_.reading, empty_allow);
  const std::vector<Rule> denied = rules_of_stack(effective_rules_, "deny", settings_.reading, empty_deny);
  if (empty_allow) {
    decision.violate(action, "empty_allow_list",
                     "an allow list of this run's policies is empty, so every tool would be denied; name the tools, or "
                     "remove the list",
                     R"({"kind":"empty_allow_list"})");
  }
  json::array contradictory;
  std::string pairs;
  for (const Rule& rule : allowed) {
    const std::optional<std::size_t> denial = find_denial(rule, denied);
    if (!denial) continue;
    contradictory.emplace_back(as_json(rule.tool().pattern()));
    pairs += (pairs.empty() ? "" : "; ") + text_of(rule) + " is denied by " + text_of(denied[*denial]);
  }
  if (contradictory.empty()) return;
  decision.violate(action, "contradictory_rules",
                   "this run's policies deny what they allow: " + pairs + "; remove one of the two",
                   json::serialize(json::object{{"kind", "contradictory_rules"}, {"tools", std::move(contradictory)}}));
}

void ToolRulesRun::review_tool(std::string_view tool_call_json, Decision& decision) {
  if (settings_.empty()) return;
  CallMemory memory;
  const json::value parsed = parse_call(tool_call_json, "the tool call", memory.resource);
  const json::object& call = parsed.get_object();
  judge(call, Links::followed, decision);
  const std::string_view id = text_of(call, "tool_call_id");
  if (!id.empty() && decision.action() < ASMGR_DENY) reviewed_.emplace(id);
}

void ToolRulesRun::observe(const asmgr_event& event, const asmgr_usage&, Decision& decision) {
  if (settings_.empty() || event.type != ASMGR_EV_TOOL_CALL_STARTED) return;
  CallMemory memory;
  const json::value parsed =
      parse_call(asmgr::sdk::view(event.data), "the data of a tool_call_started event", memory.resource);
  const json::object& call = parsed.get_object();
  // One review is good for one start: the next call of the same id may be another one.
  if (reviewed_.empty() || reviewed_.erase(std::string(text_of(call, "tool_call_id"))) == 0)
    judge(call, Links::ignored, decision);
}

void ToolRulesRun::judge(const json::object& call, Links links, Decision& decision) const {
  std::string_view name = text_of(call, "tool_name");
  if (name.empty()) name = text_of(call, "name");
  if (name.empty())
    throw StatusError(ASMGR_E_MISSING_FIELD,
                      "a tool call came without tool_name, so it cannot be judged; this is a fault of the provider");
  const json::value* input = call.if_contains("tool_input");
  const ToolCall asked{Name(name, settings_.reading.names), input != nullptr && input->is_object() ? input : nullptr,
                       links};

  const auto covers = [&](const Rule& rule) { return rule.may_cover(asked); };
  const auto denied = std::find_if(settings_.deny.begin(), settings_.deny.end(), covers);
  const bool is_denied = denied != settings_.deny.end();
  if (is_denied) deny_by(*denied, asked, decision);
  // A denial that only warns does not spare anybody the question.
  if (is_denied && settings_.on_violation != ASMGR_WARN) return;
  const auto ask = std::find_if(settings_.ask.begin(), settings_.ask.end(), covers);
  if (ask != settings_.ask.end()) ask_by(*ask, asked, decision);
  if (is_denied || !settings_.allow) return;
  // What is surely asked about need not be allowed too.
  const auto surely_covers = [&](const Rule& rule) { return rule.surely_covers(asked); };
  const bool allowed = std::any_of(settings_.allow->begin(), settings_.allow->end(), surely_covers) ||
                       std::any_of(settings_.ask.begin(), settings_.ask.end(), surely_covers);
  if (!allowed) deny_unlisted(asked, decision);
}

void ToolRulesRun::deny_by(const Rule& rule, const ToolCall& call, Decision& decision) const {
  const std::string details = json::serialize(json::object{{"kind", "tool_denied"},
                                                           {"tool_name", as_json(call.name.text)},
                                                           {"rule", "deny"},
                                                           {"matched", rule.written()},
                                                           {"denied_tools", patterns_of(settings_.deny)}});
  std::string message =
      "tool \"" + std::string(call.name.text) + "\" is denied by the rule " + json::serialize(rule.written());
  if (rule.has_conditions() && !rule.surely_covers(call)) message += ", which its input does not surely escape";
  decision.violate(settings_.on_violation, "deny", message, details);
}

void ToolRulesRun::deny_unlisted(const ToolCall& call, Decision& decision) const {
  const std::string details = json::serialize(json::object{{"kind", "tool_denied"},
                                                           {"tool_name", as_json(call.name.text)},
                                                           {"rule", "allow"},
                                                           {"allowed_tools", patterns_of(*settings_.allow)}});
  const bool listed = std::any_of(settings_.allow->begin(), settings_.allow->end(),
                                  [&](const Rule& rule) { return rule.tool().matches(call.name); });
  std::string message = "tool \"" + std::string(call.name.text) + "\" ";
  message += listed ? "is allowed only under conditions that its input does not surely meet"
                    : "is not among the allowed tools";
  decision.violate(settings_.on_violation, "allow", message, details);
}

void ToolRulesRun::ask_by(const Rule& rule, const ToolCall& call, Decision& decision) const {
  const std::string details = json::serialize(json::object{{"kind", "approval_required"},
                                                           {"tool_name", as_json(call.name.text)},
                                                           {"rule", "ask"},
                                                           {"matched", rule.written()}});
  decision.violate(
      ASMGR_REQUEST_APPROVAL, "ask",
      "tool \"" + std::string(call.name.text) + "\" needs approval by the rule " + json::serialize(rule.written()),
      details);
}

}  // namespace asmgr::tool_rules
