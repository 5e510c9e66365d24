#include "core/workspace/git_backend.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "core/model/json.hpp"
#include "core/workspace/git_modes.hpp"
#include "core/workspace/git_objects.hpp"
#include "core/workspace/git_snapshots.hpp"
#include "core/workspace/left_out.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::size_t kMostCommits = 128;

// What the cache says of the snapshot it was written with.
struct LastSnapshot {
  std::string name;
  std::string ref;
  std::string head;   // empty: no commit yet
  std::string index;  // a print of the file

  [[nodiscard]] std::string text() const { return name + '\n' + ref + '\n' + head + '\n' + index; }
  [[nodiscard]] static LastSnapshot parse(std::string_view text) {
    LastSnapshot last;
    for (std::string* part : {&last.name, &last.ref, &last.head, &last.index}) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      *part = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return last;
  }
};

bool same_entries(const std::vector<CachedEntry>& a, const std::vector<CachedEntry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const CachedEntry& left, const CachedEntry& right) { return left.entry == right.entry; });
}

}  // namespace

// The rules that stand outside of the tree, and the index, which overrules them.
std::string GitBackend::outer_rules() const {
  const std::string common = git_repository_commondir(repository_.get());
  return print_of_file(common + "info/exclude") + '\n' + print_of_file(common + "config") + '\n' +
         print_of_file(index_path_) + '\n';
}

// What the cache says of contents holds as long as the snapshot it was written with is kept.
StatCache GitBackend::trusted_cache() const {
  StatCache cache = state_.read_cache();
  const LastSnapshot last = LastSnapshot::parse(cache.notes);
  return is_kept(*repository_, last.name, last.ref) && state_.has(last.name) ? std::move(cache) : StatCache();
}

OpenContents GitBackend::open_contents() const {
  return [this]() -> Result<std::unique_ptr<Contents>> {
    GitRepository another = open_repository(path_);
    if (another == nullptr) return git_failure("open the repository of '" + path_ + "'");
    return open_git_contents(std::move(another));
  };
}

Result<GitBackend::Look> GitBackend::look_once(const StatCache& cache, const StatCache* known,
                                               const NestedCommit& nested, const ScanOptions& options) {
  GitFilter filter(*repository_, exclusion_, known);
  auto found = scan(root_.get(), filter, cache, open_contents(), nested, options);
  if (!found) return found.error();
  if (auto read = filter.outcome(); !read) return read.error();
  return Look{std::move(*found), filter.rule_files(), filter.ignored()};
}

// What was decided by the same rules last time is not asked again; whether they are the same is known afterwards.
Result<GitBackend::Look> GitBackend::look(const StatCache& cache, const NestedCommit& nested,
                                          const ScanOptions& options) {
  const std::string outer = outer_rules();
  if (cache.rules.starts_with(outer)) {
    auto found = look_once(cache, &cache, nested, options);
    if (!found) return found.error();
    found->rules = outer + found->rules;
    if (found->rules == cache.rules) return found;
  }
  auto found = look_once(cache, nullptr, nested, options);
  if (found) found->rules = outer + found->rules;
  return found;
}

Result<Snapshot> GitBackend::keep(const Tree& tree, const std::string& left_out, std::string_view label,
                                  Timestamp now) {
  auto absent = commits_not_checked_out(*repository_);
  if (!absent) return absent.error();
  auto tree_id = write_git_tree(*repository_, tree, *absent);
  if (!tree_id) return tree_id.error();
  const std::optional<git_oid> head = head_of(*repository_);
  git_oid commit{};
  bool dirty = true;
  if (head) {
    auto head_tree = tree_of_commit(*repository_, text_of_id(*head));
    if (!head_tree) return head_tree.error();
    dirty = git_oid_cmp(&*head_tree, &*tree_id) != 0;
    commit = *head;
  }
  if (dirty) {
    auto made = make_snapshot_commit(*repository_, *tree_id, head, label, now);
    if (!made) return made.error();
    commit = *made;
  }
  const std::string name = new_snapshot_name(now);
  const UsualModes usual = usual_modes(tree);
  if (auto kept = state_.write_of(name, "modes", to_bytes(what_git_loses(tree, usual))); !kept) return kept.error();
  if (auto kept = state_.write_of(name, "left_out", left_out); !kept) return kept.error();
  auto index = read_file_if_any(index_path_);
  if (!index) return index.error();
  if (auto kept = state_.write_of(name, "index", *index); !kept) return kept.error();
  if (auto kept = keep_commit(*repository_, name, commit); !kept) return kept.error();
  if (around_.durable) {
    if (auto flushed = state_.flush(); !flushed) return flushed.error();
  }
  Snapshot snapshot;
  snapshot.ref = text_of_id(commit);
  snapshot.metadata["name"] = name;
  snapshot.metadata["head_ref"] = text_or_null(head ? text_of_id(*head) : std::string());
  snapshot.metadata["dirty"] = dirty;
  snapshot.metadata["includes_untracked"] = true;
  snapshot.metadata["modes"] = boost::json::object{{"file", usual.file}, {"program", usual.program}};
  return snapshot;
}

Result<Taken> GitBackend::take(std::string_view label, Timestamp now, const std::atomic<bool>* stop) {
  auto lock = state_.lock();
  if (!lock) return lock.error();
  const StatCache cache = trusted_cache();
  boost::json::object repositories;
  const NestedCommit nested = [&](const std::string& path) -> Result<ContentId> {
    auto within = open_within(path);
    if (!within) return within.error();
    auto taken = (*within)->take(label, now, stop);
    if (!taken) return taken.error();
    repositories[path] = to_json(taken->snapshot);
    return content_id_from_hex(taken->snapshot.ref);
  };
  auto found = look(cache, nested, {stop, false, false});
  if (!found) return found.error();
  LastSnapshot last = LastSnapshot::parse(cache.notes);
  const std::optional<git_oid> head = head_of(*repository_);
  const std::string head_text = head ? text_of_id(*head) : std::string();
  const std::string index_print = print_of_file(index_path_);
  Taken taken;
  taken.files_read = found->scan.files_read;
  taken.bytes_read = found->scan.bytes_read;
  const std::string left_out = to_bytes(LeftOut{around_.excluded, {}, found->ignored});
  bool same = !last.name.empty() && last.head == head_text && last.index == index_print &&
              same_entries(found->scan.entries, cache.entries);
  if (same) {
    const auto left_out_then = state_.read_of(last.name, "left_out");
    same = left_out_then && *left_out_then == left_out;
  }
  auto metadata = same ? state_.read_of(last.name, "metadata") : Result<std::string>(std::string());
  auto known = metadata && !metadata->empty() ? parse_json_object(*metadata, "metadata")
                                              : Result<boost::json::object>(Error(ErrorCode::not_found));
  if (same && known) {
    taken.snapshot.ref = last.ref;
    taken.snapshot.metadata = std::move(*known);
  } else {
    auto kept = keep(found->scan.tree, left_out, label, now);
    if (!kept) return kept.error();
    taken.snapshot = std::move(*kept);
    last.name = *find_string(taken.snapshot.metadata, "name");
    if (auto written = state_.write_of(last.name, "metadata", to_text(taken.snapshot.metadata)); !written) {
      return written.error();
    }
    forget_old(last.name);
  }
  if (!repositories.empty()) taken.snapshot.metadata[kRepositories] = std::move(repositories);
  taken.snapshot.backend = Backend::git;
  taken.snapshot.path = path_;
  taken.snapshot.label = label;
  taken.snapshot.captured_at = now;
  StatCache next{std::move(found->scan.entries), std::move(found->ignored), std::move(found->rules),
                 LastSnapshot{last.name, taken.snapshot.ref, head_text, index_print}.text()};
  if (next == cache) return taken;
  if (auto written = state_.write_cache(next); !written) return written.error();
  return taken;
}

Result<std::unique_ptr<GitBackend>> GitBackend::open_within(const std::string& path) const {
  GitRepository repository = open_repository(path_ + '/' + path);
  if (repository == nullptr) {
    return Error(ErrorCode::storage_error,
                 "the repository in '" + shown_path(path) + "' is gone and cannot be brought back");
  }
  return open(std::move(repository), around_);
}

Result<Diff> GitBackend::diff(const Snapshot& from, const Snapshot& to, const DiffOptions& options) {
  Diff out;
  out.backend = Backend::git;
  out.from_ref = from.ref;
  out.to_ref = to.ref;
  if (options.capture_patch) out.patch.emplace();
  if (auto added = add_diff(from, to, {}, options, out); !added) return added.error();
  return out;
}

Result<void> GitBackend::add_diff(const Snapshot& from, const Snapshot& to, const std::string& prefix,
                                  const DiffOptions& options, Diff& out) {
  auto old_tree = tree_of_commit(*repository_, from.ref);
  if (!old_tree) return old_tree.error();
  auto new_tree = tree_of_commit(*repository_, to.ref);
  if (!new_tree) return new_tree.error();
  if (auto added = add_git_diff(*repository_, *old_tree, *new_tree, prefix, options, out); !added) return added.error();
  const boost::json::object none;
  const boost::json::object* before = find_object(from.metadata, kRepositories);
  const boost::json::object* after = find_object(to.metadata, kRepositories);
  for (const auto& [path, json] : after == nullptr ? none : *after) {
    const boost::json::object* was = before == nullptr ? nullptr : find_object(*before, path);
    auto now_there = snapshot_from_json(json.get_object());
    if (!now_there) return now_there.error();
    auto was_there = was == nullptr ? *now_there : snapshot_from_json(*was);
    if (!was_there) return was_there.error();
    const std::string where(path);
    if (was == nullptr) {
      // A repository that has come in the meantime: one thing, however much is in it.
      out.changed_paths.push_back(shown_path(prefix + where));
      ++out.files_changed;
      continue;
    }
    auto within = open_within(where);
    if (!within) return within.error();
    if (auto added = (*within)->add_diff(*was_there, *now_there, prefix + where + '/', options, out); !added) {
      return added.error();
    }
  }
  for (const auto& [path, json] : before == nullptr ? none : *before) {
    if (after != nullptr && after->contains(path)) continue;
    out.changed_paths.push_back(shown_path(prefix + std::string(path)));
    ++out.files_changed;
  }
  return {};
}

void GitBackend::forget_old(const std::string& newest) {
  const std::vector<std::string> names = state_.snapshots();
  if (names.size() <= kMostCommits) return;
  for (std::size_t i = 0; i + kMostCommits / 2 < names.size(); ++i) {
    if (names[i] == newest) continue;
    let_commit_go(*repository_, names[i]);
    state_.forget(names[i]);
  }
}

Result<std::unique_ptr<GitBackend>> GitBackend::open(GitRepository repository, const Surroundings& around) {
  std::string path = git_repository_workdir(repository.get());
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  Descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) return file_error("open the workspace", path, errno);
  auto state = StateFolder::open(std::string(git_repository_path(repository.get())) + "asmgr");
  if (!state) return state.error();
  return std::make_unique<GitBackend>(std::move(repository), std::move(path), std::move(root), std::move(*state),
                                      around);
}

Result<std::unique_ptr<SnapshotBackend>> open_git_backend(const std::string& path, const Surroundings& around) {
  GitRepository repository = find_repository(path);
  if (repository == nullptr) {
    return Error(ErrorCode::validation_error,
                 "'" + path + "' is not in the working tree of a git repository; use strategy hash, or auto");
  }
  auto opened = GitBackend::open(std::move(repository), around);
  if (!opened) return opened.error();
  return std::unique_ptr<SnapshotBackend>(std::move(*opened));
}

}  // namespace asmgr::workspace
