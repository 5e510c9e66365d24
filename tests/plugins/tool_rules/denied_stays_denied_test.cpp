// Random stacks of policies and calls that try to pass under another look: what is denied is never allowed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/plugins/tool_rules/judge_call.hpp"

namespace asmgr::testing {
namespace {

namespace json = boost::json;
using Random = std::mt19937;

constexpr std::array kTools{"bash", "write_file", "mcp__files__read", "fetch", "python", "deploy", "ls", "search"};

template <typename List>
auto any(const List& list, Random& random) {
  return list[random() % std::size(list)];
}

struct Disguise {
  char plain;
  const char* other;
};
constexpr std::array kDisguises{
    Disguise{'a', "\u0430"}, Disguise{'a', "\uFF41"}, Disguise{'e', "\u0435"},     Disguise{'o', "\u043E"},
    Disguise{'o', "\u03BF"}, Disguise{'p', "\u0440"}, Disguise{'c', "\u0441"},     Disguise{'s', "\u0455"},
    Disguise{'i', "\u0456"}, Disguise{'h', "\u04BB"}, Disguise{'y', "\u0443"},     Disguise{'l', "\uFF4C"},
    Disguise{'_', "\uFF3F"}, Disguise{'d', "\u0501"}, Disguise{'b', "\U0001D41B"}, Disguise{'f', "\u24D5"}};
constexpr std::array kUnseen{"\u200B", "\u200D", "\u00AD", "\uFEFF", "\u2060", "\u202E", "\u0301", "\U000E0041"};

// The name, looking the same to a person.
std::string disguised(std::string_view name, bool change_case, Random& random) {
  std::string out;
  for (const char c : name) {
    if (random() % 8 == 0) out += any(kUnseen, random);
    std::string shown(1, c);
    if (change_case && random() % 2 == 0 && c >= 'a' && c <= 'z') shown[0] = static_cast<char>(c - 'a' + 'A');
    for (const Disguise& disguise : kDisguises) {
      if (disguise.plain == c && random() % 3 == 0) shown = disguise.other;
    }
    out += shown;
  }
  return random() % 10 == 0 ? " " + out : out;
}

// A glob that covers the name.
std::string pattern_for(std::string_view name, Random& random) {
  std::string pattern(name);
  const std::size_t at = random() % pattern.size();
  switch (random() % 5) {
    case 0:
      return pattern.substr(0, at) + "*";
    case 1:
      return "*" + pattern.substr(at);
    case 2:
      pattern[at] = '?';
      return pattern;
    case 3:
      return pattern.substr(0, at) + "[" + pattern[at] + "]" + pattern.substr(at + 1);
    default:
      return pattern;
  }
}

// A way of writing a path under `root`.
std::string path_into(std::string_view root, Random& random) {
  std::string path;
  for (auto i = random() % 3; i > 0; --i)
    path += any(std::array{"/tmp/..", "/.", "/", "/a/b/../..", "/.."}, random);
  path += root;
  for (auto i = random() % 3; i > 0; --i) path += any(std::array{"/x/..", "/./", "//", "/y"}, random);
  return path + "/z";
}

std::string command_with(std::string_view command, Random& random) {
  const std::string text(command);
  const std::array ways{text + " x",           "ls; " + text + " x",     "true && " + text,  "/usr/bin/" + text,
                        "sudo " + text,        "sh -c '" + text + " x'", "A=1 " + text,      "echo $(" + text + ")",
                        "echo `" + text + "`", "  " + text + "\t-f",     "ls\n" + text,      "nohup env B=2 " + text,
                        "(" + text + ")",      "{ " + text + "; }",      "\"" + text + "\"", "2>/dev/null " + text};
  return any(ways, random);
}

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

json::array random_names(Random& random) {
  json::array names;
  for (auto i = random() % 4 + 1; i > 0; --i) names.emplace_back(pattern_for(any(kTools, random), random));
  return names;
}

// Rules that have nothing to do with the denial; what they contradict is left out.
json::object random_config(bool ignore_case, Random& random) {
  json::object config{{"names", ignore_case ? "ignore_case" : "exact"}};
  if (random() % 2 == 0) config.emplace("allow", json::array{"*"});
  if (random() % 4 == 0) config.emplace("ask", random_names(random));
  if (random() % 4 == 0) config.emplace("deny", random_names(random));
  config.emplace("on_violation", any(std::array{"cancel", "deny", "request_approval", "warn"}, random));
  return config;
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
    denying.at("deny").as_array().push_back(denial.rule);
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
