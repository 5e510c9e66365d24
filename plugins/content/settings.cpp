#include "settings.hpp"

#include <asmgr/toolkit/config.hpp>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace asmgr::content {
namespace {

namespace json = boost::json;
using asmgr::sdk::Config;
using ProblemSink = std::function<void(const std::string& path, const std::string& message)>;

std::vector<Rule> rules_in(const json::array& list, const ProblemSink& problem) {
  std::vector<Rule> rules;
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = "/rules/" + std::to_string(i);
    try {
      Rule rule(list[i], "rules[" + std::to_string(i) + "]");
      if (!names.insert(rule.name()).second)
        problem(place + "/name",
                "\"" + rule.name() + "\" is the name of another rule; violations are told apart by it");
      rules.push_back(std::move(rule));
    } catch (const RuleProblem& wrong) {
      problem(place + wrong.path, wrong.what());
    }
  }
  return rules;
}

RuleSet combined(std::vector<Rule> rules, const ProblemSink& problem) {
  try {
    return RuleSet(std::move(rules));
  } catch (const RuleProblem& wrong) {
    problem("/rules", wrong.what());
    return {};
  }
}

Settings read(std::string_view text, const ProblemSink& problem) {
  const json::object object = asmgr::sdk::parse_config(text);
  const json::array* const list = Config(object).array("rules");
  if (list == nullptr || list->empty()) {
    problem("/rules", "has no rule, so nothing would be looked at; write one, or remove the policy");
    return {};
  }
  std::vector<Rule> prompt;
  std::vector<Rule> output;
  for (Rule& rule : rules_in(*list, problem)) {
    (rule.on() == On::prompt ? prompt : output).push_back(std::move(rule));
  }
  return {combined(std::move(prompt), problem), combined(std::move(output), problem)};
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

}  // namespace asmgr::content
