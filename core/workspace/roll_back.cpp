#include "core/workspace/roll_back.hpp"

#include "core/workspace/descriptor.hpp"

namespace asmgr::workspace {
namespace {

// A folder that is not wanted may stay for what is ignored in it.
bool matters(const TreeChange& change) {
  return change.after != nullptr || change.before->kind != Kind::folder;
}

}  // namespace

Result<Scan> roll_back_tree(int root, const Tree& wanted, Contents& contents, const std::function<Result<Scan>()>& look,
                            const BeforeChange& before_change) {
  auto now = look();
  if (!now) return now.error();
  if (auto restored = restore(root, now->tree, wanted, contents, before_change); !restored) return restored.error();
  auto then = look();
  if (!then) return then.error();
  for (const TreeChange& change : changes_between(then->tree, wanted)) {
    if (!matters(change)) continue;
    const std::string& path = change.after != nullptr ? change.after->path : change.before->path;
    return Error(ErrorCode::storage_error, "'" + shown_path(path) +
                                               "' is not as it was in the snapshot after the rollback: something else "
                                               "writes in the workspace; stop it and roll back again");
  }
  return then;
}

}  // namespace asmgr::workspace
