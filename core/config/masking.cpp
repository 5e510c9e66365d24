#include "core/config/masking.hpp"

#include <algorithm>

namespace asmgr {

namespace {
constexpr std::size_t kShortestSecret = 4;
}

void SecretMask::add(const ConfigNode& node) {
  for (const ConfigNode& item : node.items) add(item);
  for (const ConfigMember& member : node.members) add(member.value);
  if (!node.is_scalar() || node.text.size() < kShortestSecret || !node.problem.empty()) return;
  secrets_.push_back(node.text);
  // Longest first, so that a secret which holds another one is masked whole.
  std::stable_sort(secrets_.begin(), secrets_.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

void SecretMask::add_substituted(const ConfigNode& node) {
  for (const ConfigNode& item : node.items) add_substituted(item);
  for (const ConfigMember& member : node.members) add_substituted(member.value);
  if (node.origin != ValueOrigin::literal) add(node);
}

std::string SecretMask::apply(std::string_view text) const {
  std::string out(text);
  for (const std::string& secret : secrets_) {
    for (std::size_t at = out.find(secret); at != std::string::npos; at = out.find(secret, at)) {
      out.replace(at, secret.size(), "***");
      at += 3;
    }
  }
  return out;
}

}  // namespace asmgr
