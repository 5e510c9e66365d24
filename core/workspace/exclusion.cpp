#include "core/workspace/exclusion.hpp"

#include <algorithm>

namespace asmgr::workspace {

Exclusion::Exclusion(const std::vector<std::string>& paths, std::string_view root) {
  const std::string begin = std::string(root) + (root.ends_with('/') ? "" : "/");
  for (const std::string& path : paths) {
    if (path.starts_with(begin) && path.size() > begin.size()) paths_.push_back(path.substr(begin.size()));
  }
}

bool Exclusion::covers(std::string_view path) const noexcept {
  return std::any_of(paths_.begin(), paths_.end(), [path](const std::string& excluded) {
    if (!path.starts_with(excluded)) return false;
    if (path.size() == excluded.size()) return true;
    const char next = path[excluded.size()];
    return next == '/' || next == '-' || next == '.';
  });
}

}  // namespace asmgr::workspace
