// Random policies of the plugin and random tool calls, with what must become of them: found not from the texts that the
// plugin reads but from what they were made of.
#pragma once

#include <fnmatch.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/ports/policy.hpp"
#include "tests/plugins/tool_rules/random_texts.hpp"

namespace asmgr::testing {

// Folders in the file system, and links between them.
class Places {
 public:
  Places() {
    namespace fs = std::filesystem;
    std::string pattern = (fs::canonical(fs::temp_directory_path()) / "asmgr-calls-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    for (const char* folder : {"open/sub", "secret/deep", "other"}) fs::create_directories(root_ / folder);
    fs::create_symlink("../secret", root_ / "open/door");
    fs::create_symlink(root_ / "secret/deep", root_ / "open/far");
    fs::create_symlink("../secret/not_yet", root_ / "open/new");
    fs::create_symlink("../open", root_ / "other/alias");
  }
  ~Places() { std::filesystem::remove_all(root_); }
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  [[nodiscard]] std::string at(std::string_view below) const { return root_.string() + "/" + std::string(below); }

 private:
  std::filesystem::path root_;
};

inline constexpr std::array kFolders{"open", "open/sub", "secret", "secret/deep", "other"};
inline constexpr std::array kCommands{"rm", "git push", "curl"};

// A call, and what it really is.
struct KnownCall {
  std::string name;     // as it is sent
  std::string tool;     // whose look the name has
  std::string folder;   // of kFolders, in which its path really lies; empty = it has no path
  std::string command;  // of kCommands, which it runs; empty = it has none
  bool plain = true;    // without any trick
  boost::json::object input;

  [[nodiscard]] std::string text(const std::string& id) const {
    const boost::json::object call{{"tool_call_id", id}, {"tool_name", name}, {"tool_input", input}};
    return boost::json::serialize(call);
  }
};

inline bool lies_in(std::string_view folder, std::string_view root) {
  return folder == root || (folder.size() > root.size() && folder.starts_with(root) && folder[root.size()] == '/');
}

// A way to write a file of the folder that leads there through links, or through what is no link.
inline std::string spelling_of(std::string_view folder, const Places& places, Random& random) {
  std::vector<std::string> ways{std::string(folder), "other/none/../../" + std::string(folder)};
  if (folder == "open") ways.insert(ways.end(), {"other/alias", "other/alias/sub/.."});
  if (folder == "open/sub") ways.emplace_back("other/alias/sub");
  if (folder == "secret")
    ways.insert(ways.end(), {"open/door", "open/far/..", "other/alias/door", "open/door/deep/.."});
  if (folder == "secret/deep") ways.insert(ways.end(), {"open/far", "open/door/deep", "open/./far//"});
  std::string path = places.at(any(ways, random));
  for (auto i = random() % 3; i > 0; --i) path += any(std::array{"/./", "//", "/none/..", "/."}, random);
  if (folder == "secret" && random() % 4 == 0) return places.at("open/new");
  return path + "/file";
}

inline KnownCall random_call(const Places& places, bool ignore_case, Random& random) {
  KnownCall call;
  call.tool = any(kTools, random);
  call.name = call.tool;
  call.plain = random() % 2 == 0;
  if (!call.plain) call.name = disguised(call.tool, ignore_case, random);
  if (random() % 2 == 0) {
    call.folder = any(kFolders, random);
    std::string path = call.plain ? places.at(call.folder) + "/file" : spelling_of(call.folder, places, random);
    call.input.emplace(any(std::array{"path", "file_path"}, random), std::move(path));
  }
  if (random() % 2 == 0) {
    call.command = any(kCommands, random);
    call.input.emplace("command", call.plain ? call.command + " x" : command_with(call.command, random));
  }
  return call;
}

struct KnownRule {
  std::string pattern;
  std::string folder;   // of path_under; empty = no such condition
  std::string command;  // of command_prefix; empty = no such condition

  [[nodiscard]] boost::json::value written(const Places& places) const {
    if (folder.empty() && command.empty()) return boost::json::string(pattern);
    boost::json::object rule{{"tool", pattern}};
    if (!folder.empty()) rule.emplace("path_under", places.at(folder));
    if (!command.empty()) rule.emplace("command_prefix", command);
    return rule;
  }
  // What the call really is, under whatever look.
  [[nodiscard]] bool speaks_of(const KnownCall& call) const {
    const bool of_tool = ::fnmatch(pattern.c_str(), call.tool.c_str(), 0) == 0;
    const bool of_path = folder.empty() || (!call.folder.empty() && lies_in(call.folder, folder));
    return of_tool && of_path && (command.empty() || command == call.command);
  }
  // A name in other letters is the one that is allowed only for a pattern that takes any letters.
  [[nodiscard]] bool may_allow(const KnownCall& call, bool ignore_case) const {
    const bool is_literal = pattern.find_first_of("*?[") == std::string::npos;
    if (is_literal && !ignore_case && call.name != pattern) return false;
    return speaks_of(call);
  }
};

inline KnownRule random_rule(Random& random) {
  KnownRule rule;
  rule.pattern = pattern_for(any(kTools, random), random);
  if (random() % 3 == 0) rule.folder = any(kFolders, random);
  if (random() % 4 == 0) rule.command = any(kCommands, random);
  return rule;
}

inline std::vector<KnownRule> random_rules(std::size_t least, std::size_t most, Random& random) {
  std::vector<KnownRule> rules;
  for (auto i = least + random() % (most - least + 1); i > 0; --i) rules.push_back(random_rule(random));
  return rules;
}

struct KnownPolicy {
  std::optional<std::vector<KnownRule>> allow;
  std::vector<KnownRule> deny;
  std::vector<KnownRule> ask;
  bool ignore_case = false;
  PolicyAction on_violation = PolicyAction::deny;

  [[nodiscard]] std::string config(const Places& places) const {
    const auto list = [&](const std::vector<KnownRule>& rules) {
      boost::json::array written;
      for (const KnownRule& rule : rules) {
        boost::json::value one = rule.written(places);
        if (std::find(written.begin(), written.end(), one) == written.end()) written.push_back(std::move(one));
      }
      return written;
    };
    boost::json::object config{{"names", ignore_case ? "ignore_case" : "exact"}, {"cwd", places.at("open")}};
    if (allow) config["allow"] = list(*allow);
    config["deny"] = list(deny);
    config["ask"] = list(ask);
    config["on_violation"] = action_name(on_violation);
    return boost::json::serialize(config);
  }

  // What the policy must say at least; of a plain call exactly that.
  [[nodiscard]] PolicyAction least(const KnownCall& call) const {
    const auto speaks = [&](const KnownRule& rule) { return rule.speaks_of(call); };
    const bool denied = std::any_of(deny.begin(), deny.end(), speaks);
    if (denied && on_violation != PolicyAction::warn) return on_violation;
    if (std::any_of(ask.begin(), ask.end(), speaks)) return PolicyAction::request_approval;
    if (denied) return on_violation;
    const bool unlisted = allow && std::none_of(allow->begin(), allow->end(), [&](const KnownRule& rule) {
                            return rule.may_allow(call, ignore_case);
                          });
    return unlisted ? on_violation : PolicyAction::allow;
  }
};

// `actions` are what its on_violation may be. Its lists may contradict each other: then it cannot be made.
inline KnownPolicy random_policy(std::vector<PolicyAction> actions, bool asks, Random& random) {
  KnownPolicy policy;
  if (random() % 3 == 0) policy.allow = random_rules(1, 5, random);
  if (random() % 4 == 0) policy.allow = std::vector<KnownRule>{KnownRule{"*", {}, {}}};
  policy.deny = random_rules(0, 3, random);
  if (asks && random() % 3 == 0) policy.ask = random_rules(1, 2, random);
  policy.ignore_case = random() % 2 == 0;
  policy.on_violation = any(actions, random);
  return policy;
}

}  // namespace asmgr::testing
