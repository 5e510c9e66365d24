#include "content_policy.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "content_run.hpp"

namespace asmgr::content {
namespace {

namespace json = boost::json;
using asmgr::sdk::as_json;

// What a provider must be able to do for a rule to hold. A prompt is held back before any provider has it.
std::string_view grade_for(const Rule& rule) noexcept {
  if (rule.on() == On::prompt || rule.action() == ASMGR_WARN) return "observe";
  return rule.action() == ASMGR_REQUEST_APPROVAL ? "intercept" : "cancel";
}

void declare_rules(const RuleSet& set, json::array& needs, std::uint32_t& strictest) {
  for (const Rule& rule : set.rules()) {
    json::object need;
    need["rule"] = as_json(rule.name());
    need["grade"] = as_json(grade_for(rule));
    need["action"] = as_json(action_name(rule.action()));
    needs.push_back(std::move(need));
    strictest = std::max(strictest, rule.action());
  }
}

}  // namespace

ContentPolicy::ContentPolicy(const asmgr::sdk::Create& create) : settings_(read_settings(create.config)) {}

std::string ContentPolicy::declare() {
  json::array needs;
  std::uint32_t strictest = ASMGR_WARN;
  declare_rules(settings_.prompt, needs, strictest);
  declare_rules(settings_.output, needs, strictest);
  json::array events{"message_sent"};
  if (!settings_.output.empty()) {
    for (const std::string_view type : kOutputEvents) events.emplace_back(as_json(type));
  }
  json::object declared;
  declared["limits"] = json::object();
  declared["tool_rules"] = json::array();
  declared["on_violation"] = as_json(action_name(strictest));
  declared["metadata"] = json::object();
  declared["needs"] = std::move(needs);
  declared["events"] = std::move(events);
  return json::serialize(declared);
}

std::unique_ptr<asmgr::sdk::PolicyRun> ContentPolicy::begin(std::string_view, const asmgr_session&,
                                                            const asmgr_run& run) {
  return std::make_unique<ContentRun>(settings_, asmgr::sdk::view(run.doc));
}

}  // namespace asmgr::content
