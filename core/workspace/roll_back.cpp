#include "core/workspace/roll_back.hpp"

#include <algorithm>

#include "core/workspace/descriptor.hpp"

namespace asmgr::workspace {
namespace {

constexpr int kMostLooks = 5;

// A folder that is not wanted may stay for what is ignored in it.
bool matters(const TreeChange& change) {
  return change.after != nullptr || change.before->kind != Kind::folder;
}

const TreeChange* first_that_matters(const std::vector<TreeChange>& changes) {
  const auto found = std::find_if(changes.begin(), changes.end(), matters);
  return found == changes.end() ? nullptr : &*found;
}

}  // namespace

Result<Scan> roll_back_tree(int root, const Tree& wanted, Contents& contents, const std::function<Result<Scan>()>& look,
                            const BeforeChange& before_change) {
  auto now = look();
  for (int pass = 1;; ++pass) {
    if (!now) return now.error();
    if (auto restored = restore(root, now->tree, wanted, contents, before_change); !restored) return restored.error();
    auto then = look();
    if (!then) return then.error();
    const std::vector<TreeChange> left = changes_between(then->tree, wanted);
    const TreeChange* change = first_that_matters(left);
    if (change == nullptr) return then;
    // What was ignored before may not be so any more, now that what it leads to is another thing.
    if (pass < kMostLooks) {
      now = std::move(then);
      continue;
    }
    const std::string& path = change->after != nullptr ? change->after->path : change->before->path;
    return Error(ErrorCode::storage_error, "'" + shown_path(path) +
                                               "' is not as it was in the snapshot after the rollback: something else "
                                               "writes in the workspace; stop it and roll back again");
  }
}

}  // namespace asmgr::workspace
