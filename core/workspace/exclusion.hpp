// What no snapshot may look at: files of the host itself that happen to lie in the workspace.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace asmgr::workspace {

class Exclusion {
 public:
  // `paths` and `root` are absolute; those outside of it do not matter.
  Exclusion(const std::vector<std::string>& paths, std::string_view root);
  // `path` is relative to the root. Whether it is one of the paths, lies below one, or is a companion beside one:
  // the same name and more, after '-' or '.'.
  [[nodiscard]] bool covers(std::string_view path) const noexcept;

 private:
  std::vector<std::string> paths_;  // relative
};

}  // namespace asmgr::workspace
