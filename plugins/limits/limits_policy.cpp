#include "limits_policy.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "limits_run.hpp"

namespace asmgr::limits {
namespace {

namespace json = boost::json;
using asmgr::sdk::as_json;

// What a provider must be able to do for the action to be carried out.
std::string_view grade_for(std::uint32_t action) noexcept {
  if (action == ASMGR_WARN) return "observe";
  return action == ASMGR_REQUEST_APPROVAL ? "intercept" : "cancel";
}

// Every event type after which a figure may have changed. Time changes without one; that of a budget is looked after by
// the host, which holds it.
json::array observed_events(const Settings& settings) {
  json::array events{"run_started",         "step_started",      "message_received",
                     "token_usage_updated", "tool_call_started", "tool_call_completed",
                     "tool_call_failed",    "turn_completed",    "run_completed"};
  if (settings.bounds[kDuration].has_value() && !settings.window) events.emplace_back("time_passed");
  return events;
}

bool honours(std::string_view provider_describe_json, std::string_view hint) {
  json::error_code problem;
  const json::value described = json::parse(as_json(provider_describe_json), problem);
  if (problem || !described.is_object()) return false;
  const json::value* hints = described.get_object().if_contains("hints");
  if (hints == nullptr || !hints->is_array()) return false;
  const json::array& list = hints->get_array();
  return std::any_of(list.begin(), list.end(),
                     [&](const json::value& name) { return name.is_string() && name.get_string() == as_json(hint); });
}

}  // namespace

LimitsPolicy::LimitsPolicy(const asmgr::sdk::Create& create)
    : host_(create.host), name_(create.instance_name), settings_(read_settings(create.config)) {}

std::string LimitsPolicy::declare() {
  const std::string_view action = action_name(settings_.on_violation);
  json::object limits;
  json::array needs;
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    if (!settings_.bounds[i].has_value()) continue;
    const Figure& figure = kFigures[i];
    // Declared limits are of single runs: a window's would be taken for one, and combined with those.
    if (!settings_.window) limits.emplace(as_json(figure.limit_name), from_unit(figure, *settings_.bounds[i]));
    needs.push_back(json::object{{"rule", as_json(figure.key)},
                                 {"grade", as_json(grade_for(settings_.on_violation))},
                                 {"action", as_json(action)}});
  }
  return json::serialize(json::object{{"limits", std::move(limits)},
                                      {"tool_rules", json::array()},
                                      {"on_violation", as_json(action)},
                                      {"metadata", json::object()},
                                      {"needs", std::move(needs)},
                                      {"events", observed_events(settings_)}});
}

std::unique_ptr<asmgr::sdk::PolicyRun> LimitsPolicy::begin(std::string_view effective_json,
                                                           const asmgr_session& session, const asmgr_run&) {
  if (settings_.window) {
    return std::make_unique<LimitsRun>(
        settings_, settings_.bounds,
        RunBudgets{host_, Budgets(name_, *settings_.window, session), bounds_of_stack(effective_json)});
  }
  return std::make_unique<LimitsRun>(settings_, effective_bounds(settings_.bounds, effective_json));
}

std::string LimitsPolicy::compile(std::string_view effective_json, std::string_view provider_describe_json) {
  const Bounds bounds = settings_.window ? Bounds{} : effective_bounds(settings_.bounds, effective_json);
  json::object options;
  json::array enforces;
  const auto answer = bounds[kOutputTokens].has_value() ? bounds[kOutputTokens] : bounds[kTotalTokens];
  if (answer.value_or(0) > 0 && honours(provider_describe_json, "max_tokens")) options.emplace("max_tokens", *answer);
  if (bounds[kTurns].value_or(0) > 0 && honours(provider_describe_json, "max_turns")) {
    options.emplace("max_turns", *bounds[kTurns]);
    enforces.emplace_back("max_turns");
  }
  return json::serialize(json::object{{"options", std::move(options)}, {"enforces", std::move(enforces)}});
}

}  // namespace asmgr::limits
