#include "paths.hpp"

#include <algorithm>
#include <vector>

namespace asmgr::tool_rules {
namespace {

bool is_absolute(std::string_view path) noexcept {
  return !path.empty() && path.front() == '/';
}

bool leads_out(std::string_view normalised_path) noexcept {
  return normalised_path == ".." || normalised_path.substr(0, 3) == "../";
}

bool is_padding(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ';
}

bool begins_as_url(std::string_view path) noexcept {
  constexpr std::string_view kScheme = "file:";
  return path.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), path.begin(), [](char a, char b) { return a == (b | 0x20); });
}

// Something else decides what the path means.
bool is_expanded_elsewhere(std::string_view path) noexcept {
  return path.front() == '~' || is_padding(path.front()) || is_padding(path.back()) || begins_as_url(path) ||
         path.find('\\') != std::string_view::npos || path.find('\0') != std::string_view::npos;
}

bool has_prefix(std::string_view path, std::string_view root) noexcept {
  if (root.empty() || root == "/") return true;
  return path.substr(0, root.size()) == root && (path.size() == root.size() || path[root.size()] == '/');
}

// Absolute and surely as it should be: no part is empty or begins with a dot.
bool is_normalised(std::string_view path) noexcept {
  if (!is_absolute(path)) return false;
  for (std::size_t slash = 0; slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    if (slash + 1 == path.size() || path[slash + 1] == '/' || path[slash + 1] == '.') return false;
  }
  return true;
}

}  // namespace

std::string normalised(std::string_view path) {
  if (is_normalised(path)) return std::string(path);
  const bool absolute = is_absolute(path);
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != ".." || (!absolute && (parts.empty() || parts.back() == ".."))) {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += '/';
    out += parts[i];
  }
  return out;
}

std::string appended(std::string_view base, std::string_view path) {
  if (base.empty() || is_absolute(path)) return std::string(path);
  return std::string(base) + "/" + std::string(path);
}

std::string joined(std::string_view base, std::string_view path) {
  return normalised(appended(base, path));
}

Certainty lies_under(std::string_view path, std::string_view base, std::string_view root, Links links) {
  if (!path.empty() && is_expanded_elsewhere(path)) return Certainty::maybe;
  const std::string place = joined(base, path);
  if (is_absolute(place) != is_absolute(root) || leads_out(place) || leads_out(root)) return Certainty::maybe;
  const Certainty by_text = has_prefix(place, root) ? Certainty::yes : Certainty::no;
  if (links == Links::ignored || !is_absolute(place)) return by_text;

  const std::optional<std::string> real_place = followed(appended(base, path));
  const std::optional<std::string> real_top = followed(root);
  if (!real_place || !real_top) return Certainty::maybe;
  const Certainty by_links = has_prefix(*real_place, *real_top) ? Certainty::yes : Certainty::no;
  return by_links == by_text ? by_text : Certainty::maybe;
}

}  // namespace asmgr::tool_rules
