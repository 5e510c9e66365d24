#include "core/policy/binding.hpp"

namespace asmgr {

std::optional<std::string> source_of(const PolicyBinding& policy, std::string_view rule) {
  constexpr std::string_view kMilliseconds = "_ms";
  if (policy.source == nullptr) return std::nullopt;
  const auto& keys = policy.source->keys;
  auto at = keys.find(std::string(rule));
  if (at == keys.end() && rule.ends_with(kMilliseconds)) {
    rule.remove_suffix(kMilliseconds.size());
    at = keys.find(std::string(rule));
  }
  return at == keys.end() ? policy.source->entry : at->second;
}

}  // namespace asmgr
