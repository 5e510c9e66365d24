#include "core/workspace/roll_back.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

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

Result<void> go_on(const StateFolder& state, int root, bool durable, const Snapshot& to,
                   const JournaledRestore& steps) {
  if (auto restored = steps.restore(to); !restored) return restored.error();
  if (durable && ::syncfs(root) != 0) return file_error("flush", to.path, errno);
  return state.end_journal();
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

Result<void> roll_back_with_journal(const StateFolder& state, int root, bool durable, const Snapshot& to,
                                    const JournaledRestore& steps) {
  auto lock = state.lock();
  if (!lock) return lock.error();
  if (auto possible = steps.check(to); !possible) return possible.error();
  if (auto begun = state.begin_journal(to); !begun) return begun.error();
  if (durable) {
    if (auto flushed = state.flush(); !flushed) return flushed.error();
  }
  return go_on(state, root, durable, to, steps);
}

Result<std::optional<Snapshot>> finish_by_journal(const StateFolder& state, int root, bool durable,
                                                  const JournaledRestore& steps) {
  auto lock = state.lock();
  if (!lock) return lock.error();
  auto begun = state.journal();
  if (!begun || !*begun) return begun;
  auto finished = go_on(state, root, durable, **begun, steps);
  if (finished) return begun;
  return Error(finished.error().code(), "a rollback of '" + (*begun)->path +
                                            "' was cut off and cannot go on: " + finished.error().message() +
                                            "; to leave the folder as it is, remove '" + state.journal_path() + "'");
}

}  // namespace asmgr::workspace
