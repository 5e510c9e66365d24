// The config block of tool_rules and the calls it judges.
//
// Input: the block in the first line, {"tool_name", "tool_input"} in the second.
#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

#include "plugins/tool_rules/settings.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

namespace json = boost::json;
using tool_rules::Rule;
using tool_rules::Settings;
using tool_rules::ToolCall;

std::optional<Settings> settings_of(std::string_view config) {
  try {
    return tool_rules::read_settings(config);
  } catch (const sdk::StatusError& refusal) {
    require(*refusal.what() != '\0', "a refusal says why", config);
    return std::nullopt;
  }
}

std::optional<Rule> rule_of(const json::value& written, const tool_rules::Reading& reading) {
  try {
    return Rule(written, reading);
  } catch (const tool_rules::RuleProblem&) {
    return std::nullopt;
  }
}

void check_rule(const Rule& rule, const ToolCall& call, const tool_rules::Reading& reading, std::string_view text) {
  const bool surely = rule.surely_covers(call);
  const bool perhaps = rule.may_cover(call);
  require(!surely || perhaps, "a rule that surely speaks of a call may speak of it", text);

  const std::optional<Rule> again = rule_of(rule.written(), reading);
  require(again.has_value(), "a rule that was read can be read again", text);
  require(again->surely_covers(call) == surely && again->may_cover(call) == perhaps, "and says the same", text);

  if (!rule.has_conditions()) return;
  // Without its conditions a rule speaks of no fewer calls.
  const std::optional<Rule> bare = rule_of(rule.written().as_object().at("tool"), reading);
  require(bare && (!perhaps || bare->may_cover(call)) && (!surely || bare->surely_covers(call)),
          "a condition only takes calls away", text);
  const ToolCall unknown{call.name, nullptr};
  require(!rule.surely_covers(unknown), "of a call without its input no condition is sure", text);
  require(rule.may_cover(unknown) == bare->may_cover(unknown), "but it may hold", text);
}

void check_name(const Rule& rule, const tool_rules::Reading& reading, std::string_view text) {
  const std::optional<std::string> name = rule.plain_name();
  if (!name) return;
  const ToolCall call{{*name, reading.names}, nullptr};
  require(rule.surely_covers(call) && rule.may_cover(call), "a rule of one name speaks of that name", text);
}

void check(const Settings& settings, const ToolCall& call, std::string_view text) {
  static const std::vector<Rule> kNone;
  for (const std::vector<Rule>* list : {settings.allow ? &*settings.allow : &kNone, &settings.deny, &settings.ask}) {
    for (const Rule& rule : *list) {
      check_name(rule, settings.reading, text);
      check_rule(rule, call, settings.reading, text);
    }
  }
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr;
  const std::string_view text = fuzz::as_text(data, size);
  std::string_view rest = text;
  const auto settings = fuzz::settings_of(fuzz::take_line(rest));
  if (!settings) return 0;
  boost::json::error_code problem;
  const boost::json::value call = boost::json::parse(sdk::as_json(rest), problem);
  const boost::json::object* object = problem ? nullptr : call.if_object();
  const boost::json::value* name = object == nullptr ? nullptr : object->if_contains("tool_name");
  const boost::json::value* input = object == nullptr ? nullptr : object->if_contains("tool_input");
  if (name == nullptr || !name->is_string()) return 0;
  if (input != nullptr && !input->is_object()) input = nullptr;
  fuzz::check(*settings, {{sdk::as_view(name->get_string()), settings->reading.names}, input}, text);
  return 0;
}
