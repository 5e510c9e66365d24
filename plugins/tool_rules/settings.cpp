#include "settings.hpp"

#include <asmgr/toolkit/config.hpp>
#include <string>

#include "contradictions.hpp"

namespace asmgr::tool_rules {
namespace {

namespace json = boost::json;
using asmgr::sdk::Config;

std::uint32_t action_of(const Config& config, const ProblemSink& problem) {
  const std::string name = config.text_or("on_violation", "deny");
  if (name == "cancel") return ASMGR_CANCEL;
  if (name == "deny") return ASMGR_DENY;
  if (name == "request_approval") return ASMGR_REQUEST_APPROVAL;
  if (name == "warn") return ASMGR_WARN;
  problem("/on_violation", "must be cancel, deny, request_approval or warn");
  return ASMGR_DENY;
}

Reading reading_of(const Config& config, const ProblemSink& problem) {
  Reading reading;
  const std::string names = config.text_or("names", "exact");
  if (names == "ignore_case") reading.names = LetterCase::ignore;
  if (names != "exact" && names != "ignore_case") problem("/names", "must be exact or ignore_case");
  reading.cwd = config.text_or("cwd", "");
  if (!reading.cwd.empty() && reading.cwd.front() != '/') problem("/cwd", "must be an absolute path");
  return reading;
}

std::vector<Rule> rules_of(const Config& config, const char* key, const Reading& reading, const ProblemSink& problem) {
  std::vector<Rule> rules;
  const json::array* const list = config.array(key);
  if (list == nullptr) return rules;
  for (std::size_t i = 0; i < list->size(); ++i) {
    try {
      rules.emplace_back((*list)[i], reading);
    } catch (const RuleProblem& wrong) {
      problem("/" + std::string(key) + "/" + std::to_string(i) + wrong.path, wrong.what());
    }
  }
  return rules;
}

Settings read(std::string_view text, const ProblemSink& report) {
  bool is_sound = true;
  const ProblemSink problem = [&](const std::string& path, const std::string& message) {
    is_sound = false;
    report(path, message);
  };
  const json::object object = asmgr::sdk::parse_config(text);
  const Config config(object);
  Settings settings;
  settings.on_violation = action_of(config, problem);
  settings.reading = reading_of(config, problem);
  if (const json::array* const list = config.array("allow")) {
    if (list->empty())
      problem("/allow",
              "is empty, so every tool would be denied; name the tools, or remove 'allow' to allow every tool");
    settings.allow = rules_of(config, "allow", settings.reading, problem);
  }
  settings.deny = rules_of(config, "deny", settings.reading, problem);
  settings.ask = rules_of(config, "ask", settings.reading, problem);
  // Entries that make no sense are not in the lists, so the others' places would be wrong.
  if (is_sound) check_lists(settings, problem);
  return settings;
}

}  // namespace

Settings read_settings(std::string_view config) {
  return read(config, [](const std::string& path, const std::string& message) {
    throw asmgr::sdk::StatusError(ASMGR_E_CONFIG_INVALID, "config " + path + ": " + message);
  });
}

void check_config(const asmgr::sdk::Host&, std::string_view config, asmgr::sdk::Problems& problems) {
  static_cast<void>(
      read(config, [&](const std::string& path, const std::string& message) { problems.add(path, message); }));
}

std::string_view action_name(std::uint32_t action) noexcept {
  switch (action) {
    case ASMGR_ALLOW:
      return "allow";
    case ASMGR_WARN:
      return "warn";
    case ASMGR_REQUEST_APPROVAL:
      return "request_approval";
    case ASMGR_DENY:
      return "deny";
    default:
      return "cancel";
  }
}

}  // namespace asmgr::tool_rules
