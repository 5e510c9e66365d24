#include <asmgr/toolkit/exec.hpp>

#include <unistd.h>

#include <algorithm>

namespace asmgr::exec {
namespace {

bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.empty() || pattern.back() != '*') return name == pattern;
  pattern.remove_suffix(1);
  return name.substr(0, pattern.size()) == pattern;
}

}  // namespace

std::vector<std::string> environment(const std::vector<std::string>& allow,
                                     const std::vector<std::pair<std::string, std::string>>& set) {
  std::vector<std::string> result;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view variable(*at);
    const std::string_view name = variable.substr(0, variable.find('='));
    const bool allowed =
        std::any_of(allow.begin(), allow.end(), [&](const std::string& pattern) { return matches(name, pattern); });
    const bool replaced = std::any_of(set.begin(), set.end(), [&](const auto& entry) { return entry.first == name; });
    if (allowed && !replaced && !name.empty() && name.size() < variable.size()) result.emplace_back(variable);
  }
  for (const auto& [name, value] : set) result.push_back(name + "=" + value);
  return result;
}

const std::vector<std::string>& common_environment_names() {
  static const std::vector<std::string> kNames = {
      "PATH",          "HOME",       "USER",          "LOGNAME",     "SHELL",     "LANG",       "LANGUAGE",
      "LC_*",          "TERM",       "COLORTERM",     "NO_COLOR",    "TZ",        "TMPDIR",     "XDG_*",
      "SSH_AUTH_SOCK", "HTTP_PROXY", "HTTPS_PROXY",   "NO_PROXY",    "ALL_PROXY", "http_proxy", "https_proxy",
      "no_proxy",      "all_proxy",  "SSL_CERT_FILE", "SSL_CERT_DIR"};
  return kNames;
}

}  // namespace asmgr::exec
