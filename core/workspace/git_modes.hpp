// What git does not keep of a tree: folders, and modes other than "may be executed or not".
#pragma once

#include "core/workspace/tree.hpp"

namespace asmgr::workspace {

// The modes that most files have, and most of those that may be executed.
struct UsualModes {
  std::uint32_t file = 0644;
  std::uint32_t program = 0755;
};
[[nodiscard]] UsualModes usual_modes(const Tree& tree);

// Every folder, and every file whose mode is not the usual one.
[[nodiscard]] Tree what_git_loses(const Tree& tree, const UsualModes& usual);
// The tree as it was, from what git kept of it.
[[nodiscard]] Tree with_what_git_loses(Tree kept, const Tree& lost, const UsualModes& usual);

}  // namespace asmgr::workspace
