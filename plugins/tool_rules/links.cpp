#include "links.hpp"

#include <limits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace asmgr::tool_rules {
namespace {

constexpr int kMostLinks = 40;  // what Linux follows in one path

// The parts of a path that are still to be gone, the next one at the back.
using Ahead = std::vector<std::string>;

void put_ahead(std::string_view path, Ahead& ahead) {
  for (std::size_t end = path.size(); end > 0;) {
    const std::size_t slash = path.rfind('/', end - 1);
    const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    const std::string_view part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") ahead.emplace_back(part);
    end = slash == std::string_view::npos ? 0 : slash;
  }
}

void leave_folder(std::string& place) {
  place.erase(place.empty() ? 0 : place.rfind('/'));
}

// What stands in the link; empty when the place is no link, or is not there. Nullopt: it may be one.
std::optional<std::string> target_of(const std::string& place) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(place.c_str(), target.data(), target.size());
  if (length >= 0) {
    const auto size = static_cast<std::size_t>(length);
    return size == target.size() ? std::nullopt : std::optional(std::string(target.data(), size));
  }
  const bool is_no_link = errno == EINVAL || errno == ENOENT || errno == ENOTDIR;
  return is_no_link ? std::optional(std::string()) : std::nullopt;
}

}  // namespace

std::optional<std::string> followed(std::string_view absolute_path) {
  if (absolute_path.size() >= PATH_MAX || absolute_path.find('\0') != std::string_view::npos) return std::nullopt;
  Ahead ahead;
  put_ahead(absolute_path, ahead);
  std::string place;  // "" is the root
  int links = 0;
  while (!ahead.empty()) {
    const std::string part = std::move(ahead.back());
    ahead.pop_back();
    if (part == "..") {
      leave_folder(place);
      continue;
    }
    const std::string next = place + "/" + part;
    const std::optional<std::string> target = target_of(next);
    if (!target) return std::nullopt;
    if (target->empty()) {
      place = next;
      continue;
    }
    if (++links > kMostLinks) return std::nullopt;
    if (target->front() == '/') place.clear();
    put_ahead(*target, ahead);
  }
  return place.empty() ? "/" : place;
}

}  // namespace asmgr::tool_rules
