#include "core/policy/contradictions.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <optional>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

namespace json = boost::json;

// An entry of a list of tool rules: a name or glob, or an object with the member `tool` and conditions.
struct ToolEntry {
  const PolicyInfo* policy = nullptr;
  const json::value* written = nullptr;

  // Empty when it is of a kind that only its policy knows.
  [[nodiscard]] std::string tool() const {
    if (written->is_string()) return std::string(written->get_string());
    const json::object* object = written->if_object();
    return object == nullptr ? std::string() : std::string(find_string(*object, "tool").value_or(""));
  }
  [[nodiscard]] bool has_conditions() const { return written->is_object() && written->get_object().size() > 1; }
};

std::vector<ToolEntry> entries_of(std::span<const PolicyBinding> policies, std::string_view list) {
  std::vector<ToolEntry> entries;
  for (const PolicyBinding& binding : policies) {
    const PolicyInfo& info = binding.policy->info();
    for (const json::value& rules : info.tool_rules) {
      const json::array* listed = rules.is_object() ? find_array(rules.get_object(), list) : nullptr;
      if (listed == nullptr) continue;
      for (const json::value& written : *listed) entries.push_back(ToolEntry{&info, &written});
    }
  }
  return entries;
}

bool is_plain_name(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return c == '*' || c == '?' || c == '[' || c == '\\' || static_cast<unsigned char>(c) > 0x7EU;
  });
}

// Whether the glob matches whatever the other one matches. A pattern with no more than stars may be asked of the text
// of another pattern; sets and single characters only of a name, and of one whose characters are bytes.
bool covers_pattern(const std::string& glob, const std::string& other) {
  if (glob.empty() || other.empty()) return false;
  if (glob == other) return true;
  const bool has_only_stars = glob.find_first_of("?[\\") == std::string::npos;
  return (has_only_stars || is_plain_name(other)) && ::fnmatch(glob.c_str(), other.c_str(), 0) == 0;
}

bool denies_all_of(const ToolEntry& denied, const ToolEntry& allowed) {
  if (*denied.written == *allowed.written) return true;
  return !denied.has_conditions() && covers_pattern(denied.tool(), allowed.tool());
}

}  // namespace

std::string Contradiction::message() const {
  return "policy '" + allowing + "' allows " + allowed + " and policy '" + denying + "' denies it by " + denied +
         (refused ? "; a denial always wins, so it could never be called" : "; every call of it would be warned of");
}

std::vector<Contradiction> find_contradictions(std::span<const PolicyBinding> policies) {
  std::vector<Contradiction> found;
  const std::vector<ToolEntry> denials = entries_of(policies, "deny");
  for (const ToolEntry& allowed : entries_of(policies, "allow")) {
    const auto denial = std::find_if(denials.begin(), denials.end(), [&](const ToolEntry& denied) {
      return denied.policy != allowed.policy && denies_all_of(denied, allowed);
    });
    if (denial == denials.end()) continue;
    const bool only_warn =
        allowed.policy->on_violation == PolicyAction::warn && denial->policy->on_violation == PolicyAction::warn;
    found.push_back(Contradiction{allowed.policy->name, denial->policy->name, to_text(*allowed.written),
                                  to_text(*denial->written), !only_warn});
  }
  return found;
}

}  // namespace asmgr
