#include "core/policy/enforcement.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

namespace json = boost::json;

// What one policy wants its provider to do.
struct Compiled {
  json::object options;
  std::vector<std::string> enforces;

  [[nodiscard]] bool claims(const std::string& rule) const {
    return std::find(enforces.begin(), enforces.end(), rule) != enforces.end();
  }
};

Compiled compile_for(const EffectivePolicy& effective, Policy& policy, const ProviderInfo& provider) {
  Compiled compiled;
  try {
    const Result<json::object> answer = policy.compile(effective.combined_text, provider);
    if (answer.has_error()) return compiled;
    if (const json::object* options = find_object(*answer, "options")) compiled.options = *options;
    const json::array* enforces = find_array(*answer, "enforces");
    if (enforces == nullptr) return compiled;
    for (const json::value& rule : *enforces) {
      if (rule.is_string()) compiled.enforces.emplace_back(rule.get_string());
    }
  } catch (...) {
    return {};
  }
  return compiled;
}

// Whether the provider will do all of it: a policy's claim rests on its options as a whole. Lists are replaced where
// options are merged, so a later policy may have taken an earlier one's place.
bool is_honoured(const Compiled& compiled, const json::object& merged, const ProviderInfo& provider) {
  if (compiled.options.empty()) return false;
  return std::all_of(compiled.options.begin(), compiled.options.end(), [&](const json::key_value_pair& option) {
    const bool known = std::find(provider.hints.begin(), provider.hints.end(), option.key()) != provider.hints.end();
    return known && merged.at(option.key()) == option.value();
  });
}

}  // namespace

std::string_view enforcer_name(EnforcedBy by) noexcept {
  switch (by) {
    case EnforcedBy::provider:
      return "provider";
    case EnforcedBy::host:
      return "host";
    case EnforcedBy::none:
      return "none";
  }
  return "none";
}

Enforcement enforce(const EffectivePolicy& effective, const ProviderInfo& provider) {
  Enforcement enforcement;
  std::vector<Compiled> compiled;
  for (const PolicyBinding& binding : effective.policies) {
    compiled.push_back(compile_for(effective, *binding.policy, provider));
    deep_merge(enforcement.hints, compiled.back().options);
  }
  for (std::size_t i = 0; i < compiled.size(); ++i) {
    const bool honoured = is_honoured(compiled[i], enforcement.hints, provider);
    for (const PolicyNeed& need : effective.policies[i].policy->info().needs) {
      EnforcedBy by = provider.grade >= need.grade ? EnforcedBy::host : EnforcedBy::none;
      if (honoured && compiled[i].claims(need.rule)) by = EnforcedBy::provider;
      enforcement.rules.push_back(EnforcedRule{i, need, by});
    }
  }
  return enforcement;
}

}  // namespace asmgr
