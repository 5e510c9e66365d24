#include "core/workspace/git_modes.hpp"

#include <algorithm>
#include <map>

namespace asmgr::workspace {
namespace {

bool is_program(const TreeEntry& entry) noexcept {
  return (entry.mode & kMayExecute) != 0;
}

}  // namespace

UsualModes usual_modes(const Tree& tree) {
  std::map<std::uint32_t, std::size_t> counts;
  for (const TreeEntry& entry : tree.entries) {
    if (entry.kind == Kind::file) ++counts[entry.mode];
  }
  UsualModes usual;
  std::size_t most_files = 0;
  std::size_t most_programs = 0;
  for (const auto& [mode, count] : counts) {
    std::size_t& most = (mode & kMayExecute) != 0 ? most_programs : most_files;
    if (count <= most) continue;
    most = count;
    ((mode & kMayExecute) != 0 ? usual.program : usual.file) = mode;
  }
  return usual;
}

Tree what_git_loses(const Tree& tree, const UsualModes& usual) {
  Tree lost;
  for (const TreeEntry& entry : tree.entries) {
    const bool usual_file = entry.kind != Kind::file || entry.mode == (is_program(entry) ? usual.program : usual.file);
    if (entry.kind != Kind::folder && usual_file) continue;
    lost.entries.push_back(entry);
    lost.entries.back().content = {};
  }
  return lost;
}

Tree with_what_git_loses(Tree kept, const Tree& lost, const UsualModes& usual) {
  Tree out;
  auto known = lost.entries.begin();
  const auto take_lost_before = [&](const TreeEntry* next) {
    for (; known != lost.entries.end(); ++known) {
      if (next != nullptr && compare_paths(known->path, next->path) >= 0) return;
      if (known->kind == Kind::folder) out.entries.push_back(*known);
    }
  };
  for (TreeEntry& entry : kept.entries) {
    take_lost_before(&entry);
    if (entry.kind == Kind::file) entry.mode = is_program(entry) ? usual.program : usual.file;
    if (known != lost.entries.end() && known->path == entry.path) {
      if (known->kind == Kind::folder) {
        entry = *known;  // also where git keeps the commit of a repository that is not checked out
      } else {
        entry.mode = known->mode;
      }
      ++known;
    }
    out.entries.push_back(std::move(entry));
  }
  take_lost_before(nullptr);
  return out;
}

}  // namespace asmgr::workspace
