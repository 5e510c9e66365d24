#include "content_run.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>

#include "event_text.hpp"

namespace asmgr::content {
namespace {

namespace json = boost::json;
using asmgr::sdk::as_json;
using asmgr::sdk::Decision;

// Of every string in a JSON value, each for itself.
Found found_in(const RuleSet& rules, std::string_view value) {
  Found all;
  if (rules.empty()) return all;
  each_string(value, [&](std::string_view text) {
    const Found some = rules.matching(text);
    Found both;
    std::set_union(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(both));
    all = std::move(both);
  });
  return all;
}

std::string message_for(const Rule& rule) {
  if (rule.on() == On::output) return "what the run says matches the rule \"" + rule.name() + "\"";
  return "what the run is asked matches the rule \"" + rule.name() + "\"; say it in another way, or change the rule";
}

std::string details_for(const Rule& rule) {
  json::object details;
  details["kind"] = "content_matched";
  details["rule"] = as_json(rule.name());
  details["on"] = as_json(name_of(rule.on()));
  return json::serialize(details);
}

}  // namespace

ContentRun::ContentRun(const Settings& settings, std::string_view run_doc)
    : prompt_(settings.prompt), output_(settings.output), stream_(settings.output) {
  if (!settings.prompt.empty()) in_input_ = found_in(settings.prompt, members_of(run_doc).input);
}

void ContentRun::preflight(std::string_view, Decision& decision, asmgr::sdk::ItemSink<asmgr_hold>&) {
  answer(prompt_, in_input_, decision);
}

void ContentRun::observe(const asmgr_event& event, const asmgr_usage&, Decision& decision) {
  const std::string_view data = asmgr::sdk::view(event.data);
  switch (event.type) {
    case ASMGR_EV_MESSAGE_STREAMED:
      return streamed(data, decision);
    case ASMGR_EV_MESSAGE_RECEIVED:
      return said(data, decision);
    case ASMGR_EV_MESSAGE_SENT:
      end_stream(decision);
      return asked(data, decision);
    case ASMGR_EV_TOOL_CALL_STARTED:
    case ASMGR_EV_TOOL_CALL_COMPLETED:
    case ASMGR_EV_TOOL_CALL_FAILED:
    case ASMGR_EV_TURN_COMPLETED:
    case ASMGR_EV_STEP_STARTED:
    case ASMGR_EV_STEP_RESET:
      return end_stream(decision);
    default:
      return;
  }
}

void ContentRun::asked(std::string_view data, Decision& decision) {
  if (!prompt_.rules.empty()) answer(prompt_, found_in(prompt_.rules, members_of(data).content), decision);
}

void ContentRun::streamed(std::string_view data, Decision& decision) {
  if (!output_.rules.empty()) answer(output_, stream_.feed(streamed_text(data, unescaped_)), decision);
}

// The pieces of a message have been judged when it comes as a whole: only what they did not show is new.
void ContentRun::said(std::string_view data, Decision& decision) {
  if (output_.rules.empty()) return;
  answer(output_, stream_.end(), decision);
  Found found = found_in(output_.rules, members_of(data).content);
  found.erase(std::remove_if(found.begin(), found.end(), [&](std::size_t rule) { return stream_.has_found(rule); }),
              found.end());
  stream_.reset();
  answer(output_, found, decision);
}

void ContentRun::end_stream(Decision& decision) {
  answer(output_, stream_.end(), decision);
  stream_.reset();
}

void ContentRun::answer(Side& side, const Found& found, Decision& decision) {
  for (const std::size_t index : found) {
    const Rule& rule = side.rules.rules()[index];
    decision.raise(rule.action());
    if (side.explained[index]) continue;
    side.explained[index] = true;
    decision.violate(rule.action(), rule.name(), message_for(rule), details_for(rule));
  }
}

}  // namespace asmgr::content
