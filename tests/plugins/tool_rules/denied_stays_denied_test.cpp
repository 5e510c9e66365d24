// Random stacks of policies and calls that try to pass under another look: what is denied is never allowed.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/plugins/tool_rules/judge_call.hpp"
#include "tests/plugins/tool_rules/random_texts.hpp"

namespace asmgr::testing {
namespace {

namespace json = boost::json;

// A rule that denies, and a call that it is about.
struct Denial {
  json::value rule;
  std::string name;
  json::object input;
};

Denial random_denial(bool ignore_case, Random& random) {
  const std::string tool = any(kTools, random);
  Denial denial;
  denial.name = disguised(tool, ignore_case, random);
  denial.input = json::object{{"note", "x"}};
  const std::string pattern = pattern_for(tool, random);
  switch (random() % 4) {
    case 0: {
      const std::string root = any(std::array{"/etc", "/home/u/secrets", "/srv/data"}, random);
      denial.rule = json::object{{"tool", pattern}, {"path_under", root}};
      denial.input.emplace(any(std::array{"path", "file_path"}, random), path_into(root, random));
      if (random() % 4 == 0) denial.input.emplace("cwd", "/tmp");
      break;
    }
    case 1: {
      const std::string command = any(std::array{"rm", "git push", "curl"}, random);
      denial.rule = json::object{{"tool", pattern}, {"command_prefix", command}};
      denial.input.emplace("command", command_with(command, random));
      break;
    }
    default:
      denial.rule = json::string(pattern);
  }
  return denial;
}

void add_once(json::array& list, const json::value& entry) {
  if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
}

json::array random_names(Random& random) {
  json::array names;
  for (auto i = random() % 4 + 1; i > 0; --i) add_once(names, json::string(pattern_for(any(kTools, random), random)));
  return names;
}

// Rules that have nothing to do with the denial.
json::object random_config(bool ignore_case, Random& random) {
  json::object config{{"names", ignore_case ? "ignore_case" : "exact"}};
  if (random() % 2 == 0) config.emplace("allow", json::array{"*"});
  if (random() % 4 == 0) config.emplace("ask", random_names(random));
  if (random() % 4 == 0) config.emplace("deny", random_names(random));
  config.emplace("on_violation", any(std::array{"cancel", "deny", "request_approval", "warn"}, random));
  return config;
}

// To allow every tool and deny every tool is refused.
void allow_nothing_that_is_denied(json::object& config) {
  const json::value* denied = config.if_contains("deny");
  if (denied == nullptr) return;
  const json::array& list = denied->get_array();
  if (std::find(list.begin(), list.end(), json::value("*")) != list.end()) config.erase("allow");
}

std::uint32_t number_of(std::string_view action) {
  if (action == "cancel") return ASMGR_CANCEL;
  if (action == "deny") return ASMGR_DENY;
  return action == "warn" ? ASMGR_WARN : ASMGR_REQUEST_APPROVAL;
}

TEST(DeniedStaysDenied, InTenThousandRandomStacksAndCalls) {
  Random random(20260103);
  for (int round = 0; round < 10000; ++round) {
    const bool ignore_case = random() % 2 == 0;
    const Denial denial = random_denial(ignore_case, random);
    std::vector<json::object> stack;
    for (auto i = random() % 3 + 1; i > 0; --i) stack.push_back(random_config(ignore_case, random));
    json::object& denying = stack[random() % stack.size()];
    if (!denying.contains("deny")) denying.emplace("deny", json::array());
    add_once(denying.at("deny").as_array(), denial.rule);
    for (json::object& config : stack) allow_nothing_that_is_denied(config);
    const std::string call = tool_call(denial.name, json::serialize(denial.input));

    std::uint32_t strictest = ASMGR_ALLOW;
    std::string written;
    for (const json::object& config : stack) {
      const std::string text = json::serialize(config);
      written += text + "\n";
      const PolicyInstance policy(tool_rules(), text);
      const std::unique_ptr<PolicyState> run = policy.begin("{}");
      const std::uint32_t reviewed = run->review_tool(call).action;
      strictest = std::max(strictest, reviewed);
      // What cannot be intercepted is judged alike.
      ASSERT_EQ(policy.begin("{}")->observe(ASMGR_EV_TOOL_CALL_STARTED, call, no_usage()).action, reviewed) << call;
    }
    ASSERT_GE(strictest, number_of(std::string_view(denying.at("on_violation").as_string())))
        << "round " << round << "\n"
        << written << call;
  }
}

TEST(DeniedStaysDenied, AndWhatNoListNamesIsAllowed) {
  Random random(5);
  for (int round = 0; round < 2000; ++round) {
    const json::object config{{"deny", random_names(random)}};
    const PolicyInstance policy(tool_rules(), json::serialize(config));
    ASSERT_EQ(policy.begin("{}")->review_tool(tool_call("0", R"({"path":"/tmp/x"})")).action,
              std::any_of(config.at("deny").as_array().begin(), config.at("deny").as_array().end(),
                          [](const json::value& pattern) { return pattern == "*" || pattern == "?"; })
                  ? ASMGR_DENY
                  : ASMGR_ALLOW)
        << json::serialize(config);
  }
}

// A name that is not the allowed one, however alike it looks, is not allowed by it.
TEST(DeniedStaysDenied, ADisguiseOfAnAllowedNameIsNotAllowed) {
  Random random(6);
  for (int round = 0; round < 2000; ++round) {
    const std::string tool = any(kTools, random);
    const std::string name = disguised(tool, false, random);
    const json::object config{{"allow", json::array{json::string(tool)}}};
    const PolicyInstance policy(tool_rules(), json::serialize(config));
    ASSERT_EQ(policy.begin("{}")->review_tool(tool_call(name)).action == ASMGR_ALLOW, name == tool) << name;
  }
}

}  // namespace
}  // namespace asmgr::testing
