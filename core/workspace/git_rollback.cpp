// The way back to a snapshot of a git repository.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/model/json.hpp"
#include "core/workspace/git_backend.hpp"
#include "core/workspace/git_modes.hpp"
#include "core/workspace/git_objects.hpp"
#include "core/workspace/git_snapshots.hpp"
#include "core/workspace/left_out.hpp"
#include "core/workspace/roll_back.hpp"

namespace asmgr::workspace {
namespace {

constexpr mode_t kIndexMode = 0644;
constexpr int kMostPasses = 100;  // as many as rule files that hide one another

// Those whose folder is there in `now`.
Tree rule_files_of(const Tree& tree, const Tree& now) {
  Tree rules;
  for (const TreeEntry& entry : tree.entries) {
    const auto [folder, name] = split_path(entry.path);
    if (name != ".gitignore" || entry.kind == Kind::folder || entry.kind == Kind::repository) continue;
    const TreeEntry* holder = folder.empty() ? nullptr : now.find(folder);
    if (folder.empty() || (holder != nullptr && holder->kind == Kind::folder)) rules.entries.push_back(entry);
  }
  return rules;
}

// With the mode of the index that is there.
Result<void> write_index(const std::string& path, std::string_view bytes, const std::string& index, bool durable) {
  if (auto written = replace_file(path, bytes); !written) return written.error();
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return file_error("open", path, errno);
  struct ::stat there {};
  const mode_t mode = ::stat(index.c_str(), &there) == 0 ? there.st_mode & kPermissions : kIndexMode;
  if (::fchmod(file.get(), mode) != 0) return file_error("set the mode of", path, errno);
  if (durable && ::fdatasync(file.get()) != 0) return file_error("flush", path, errno);
  return {};
}

}  // namespace

Result<Tree> GitBackend::tree_of(const Snapshot& snapshot) {
  const std::string name(find_string(snapshot.metadata, "name").value_or(""));
  if (!is_kept(*repository_, name, snapshot.ref) || !state_.has(name)) {
    return Error(ErrorCode::storage_error,
                 "the snapshot " + snapshot.ref + " of '" + path_ + "' is not kept any more; only the newest are");
  }
  auto tree_id = tree_of_commit(*repository_, snapshot.ref);
  if (!tree_id) return tree_id.error();
  auto kept = read_git_tree(*repository_, *tree_id);
  if (!kept) return kept.error();
  auto bytes = state_.read_of(name, "modes");
  if (!bytes) return bytes.error();
  auto lost = tree_from_bytes(*bytes, "what is kept of the modes of snapshot " + snapshot.ref);
  if (!lost) return lost.error();
  UsualModes usual;
  if (const boost::json::object* modes = find_object(snapshot.metadata, "modes")) {
    usual.file = static_cast<std::uint32_t>(find_int(*modes, "file").value_or(usual.file));
    usual.program = static_cast<std::uint32_t>(find_int(*modes, "program").value_or(usual.program));
  }
  return with_what_git_loses(std::move(*kept), *lost, usual);
}

Result<GitBackend::Target> GitBackend::target_of(const Snapshot& snapshot) {
  auto tree = tree_of(snapshot);
  if (!tree) return tree.error();
  // Repositories within are compared by their own rollback, not by the commit that stands for them.
  for (TreeEntry& entry : tree->entries) {
    if (entry.kind == Kind::repository) entry.content = {};
  }
  const std::string name(find_string(snapshot.metadata, "name").value_or(""));
  auto bytes = state_.read_of(name, "left_out");
  if (!bytes) return bytes.error();
  auto left_out = left_out_from_bytes(*bytes, "what snapshot " + snapshot.ref + " left out");
  if (!left_out) return left_out.error();
  auto index = state_.read_of(name, "index");
  if (!index) return index.error();
  auto tracked = index->empty() ? TrackedPaths() : tracked_paths(state_.path_of(name, "index"));
  if (!tracked) return tracked.error();
  std::vector<std::string> excluded = around_.excluded;
  excluded.insert(excluded.end(), left_out->excluded.begin(), left_out->excluded.end());
  return Target{{std::move(*tree), std::move(*tracked), std::move(left_out->ignored)}, Exclusion(excluded, path_)};
}

// As it was decided for the snapshot, and where that says nothing, by the rules that are there now.
Result<Scan> GitBackend::look_back(const Target& target, const StatCache& cache) {
  // One that has read no rules yet.
  const GitRepository fresh = open_repository(path_);
  if (fresh == nullptr) return git_failure("open the repository of '" + path_ + "'");
  GitFilter filter(*fresh, target.exclusion, target.decisions);
  const NestedCommit nothing = [](const std::string&) { return Result<ContentId>(ContentId{}); };
  return scan(root_.get(), filter, cache, open_contents(), nothing, {nullptr, true, false});
}

// What the run has made is told from what is ignored by the rules of then: they come back first. One file may hide
// another, so this goes on until all are as they were.
Result<void> GitBackend::restore_rule_files(const Target& target, const StatCache& cache, Contents& contents) {
  // Whoever writes them all the time is found out by the last look.
  for (int pass = 0; pass < kMostPasses; ++pass) {
    auto now = look_back(target, cache);
    if (!now) return now.error();
    const Tree rules_now = rule_files_of(now->tree, now->tree);
    const Tree rules_then = rule_files_of(target.decisions.taken, now->tree);
    auto restored = restore(root_.get(), rules_now, rules_then, contents, around_.before_change);
    if (!restored) return restored.error();
    if (restored->written + restored->removed == 0) break;
  }
  return {};
}

JournaledRestore GitBackend::steps() {
  return {[this](const Snapshot& to) -> Result<void> {
            auto target = target_of(to);
            return target ? Result<void>() : target.error();
          },
          [this](const Snapshot& to) { return restore_to(to); }};
}

Result<void> GitBackend::rollback(const Snapshot& to) {
  return roll_back_with_journal(state_, root_.get(), around_.durable, to, steps());
}

Result<std::optional<Snapshot>> GitBackend::finish_rollback() {
  return finish_by_journal(state_, root_.get(), around_.durable, steps());
}

Result<void> GitBackend::restore_to(const Snapshot& to) {
  auto target = target_of(to);
  if (!target) return target.error();
  const StatCache cache = trusted_cache();
  auto contents = open_contents()();
  if (!contents) return contents.error();
  if (auto restored = restore_rule_files(*target, cache, **contents); !restored) return restored.error();
  auto then = roll_back_tree(
      root_.get(), target->decisions.taken, **contents, [&] { return look_back(*target, cache); },
      around_.before_change);
  if (!then) return then.error();
  if (auto restored = restore_repositories(to); !restored) return restored.error();
  const std::string name(find_string(to.metadata, "name").value_or(""));
  return restore_index(name);
}

Result<void> GitBackend::restore_repositories(const Snapshot& to) {
  const boost::json::object* repositories = find_object(to.metadata, kRepositories);
  if (repositories == nullptr) return {};
  for (const auto& [path, json] : *repositories) {
    auto within = open_within(std::string(path));
    if (!within) return within.error();
    auto snapshot = snapshot_from_json(json.get_object());
    if (!snapshot) return snapshot.error();
    if (auto restored = (*within)->rollback(*snapshot); !restored) return restored.error();
  }
  return {};
}

// By git's own way: the lock file takes the name of the index. It appears whole, so that one that a crash has left is
// known by what it says.
Result<void> GitBackend::restore_index(const std::string& name) {
  auto wanted = state_.read_of(name, "index");
  if (!wanted) return wanted.error();
  auto now = read_file_if_any(index_path_);
  if (!now) return now.error();
  if (*now == *wanted) return {};
  if (around_.before_change) around_.before_change("restore the index");
  if (wanted->empty()) {
    if (::unlink(index_path_.c_str()) != 0 && errno != ENOENT) return file_error("remove", index_path_, errno);
    return {};
  }
  const std::string lock_path = index_path_ + ".lock";
  const std::string prepared = state_.path() + "/index";
  if (auto written = write_index(prepared, *wanted, index_path_, around_.durable); !written) return written.error();
  if (around_.before_change) around_.before_change("lock the index");
  if (::link(prepared.c_str(), lock_path.c_str()) != 0) {
    if (errno != EEXIST) return file_error("create", lock_path, errno);
    if (auto there = read_file_if_any(lock_path); !there || *there != *wanted) {
      return Error(ErrorCode::storage_error, "another program works on the index: '" + lock_path +
                                                 "' is there; end it (or remove the file), and roll back again");
    }
  }
  if (around_.before_change) around_.before_change("put the index in place");
  if (::rename(lock_path.c_str(), index_path_.c_str()) != 0) return file_error("replace", index_path_, errno);
  ::unlink(prepared.c_str());
  return {};
}

}  // namespace asmgr::workspace
