#include "contradictions.hpp"

#include <boost/json/serialize.hpp>

namespace asmgr::tool_rules {
namespace {

std::string pointer_to(const char* list, std::size_t index) {
  return "/" + std::string(list) + "/" + std::to_string(index);
}

std::string entry_at(const char* list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

void check_repeats(const std::vector<Rule>& rules, const char* list, const ProblemSink& problem) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t before = 0; before < i; ++before) {
      if (!rules[i].is_same_as(rules[before])) continue;
      problem(pointer_to(list, i), text_of(rules[i]) + " says again what " + entry_at(list, before) + " says (" +
                                       text_of(rules[before]) + "); remove one of the two");
      break;
    }
  }
}

// What is both allowed and denied can never be called: a mistake in one of the two lists.
void check_denials(const std::vector<Rule>& allowed, const std::vector<Rule>& denied, const ProblemSink& problem) {
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    const std::optional<std::size_t> denial = find_denial(allowed[i], denied);
    if (!denial) continue;
    problem(pointer_to("allow", i), text_of(allowed[i]) + " is allowed here and denied by " +
                                        entry_at("deny", *denial) + " (" + text_of(denied[*denial]) +
                                        "); a denial always wins, so remove one of the two");
  }
}

}  // namespace

void check_lists(const Settings& settings, const ProblemSink& problem) {
  if (settings.allow) {
    check_repeats(*settings.allow, "allow", problem);
    check_denials(*settings.allow, settings.deny, problem);
  }
  check_repeats(settings.deny, "deny", problem);
  check_repeats(settings.ask, "ask", problem);
}

std::optional<std::size_t> find_denial(const Rule& allowed, const std::vector<Rule>& denied) {
  for (std::size_t i = 0; i < denied.size(); ++i) {
    if (denied[i].covers(allowed)) return i;
  }
  return std::nullopt;
}

std::string text_of(const Rule& rule) {
  return boost::json::serialize(rule.written());
}

}  // namespace asmgr::tool_rules
