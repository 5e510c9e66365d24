// Snapshots of any folder: every file hashed, its content kept beside the state.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "core/model/json.hpp"
#include "core/workspace/backend.hpp"
#include "core/workspace/binary_text.hpp"
#include "core/workspace/blob_store.hpp"
#include "core/workspace/exclusion.hpp"
#include "core/workspace/ignore_rules.hpp"
#include "core/workspace/left_out.hpp"
#include "core/workspace/roll_back.hpp"
#include "core/workspace/scan.hpp"
#include "core/workspace/state_folder.hpp"

namespace asmgr::workspace {
namespace {

// Once there are more, the oldest are forgotten down to half; their contents go with the last that names them.
constexpr std::size_t kMostSnapshots = 64;
constexpr const char* kTreeFile = "tree";
constexpr const char* kLeftOutFile = "left_out";

class HashFilter final : public WalkFilter {
 public:
  enum class Leftovers : std::uint8_t { passed_over, taken };
  HashFilter(const IgnoreMatcher& ignore, const Exclusion& exclusion, Leftovers leftovers)
      : ignore_(ignore), exclusion_(exclusion), leftovers_(leftovers) {}

  bool takes(const std::string& path, Kind, const FileStat&) override {
    if (split_path(path).second.starts_with(kTemporaryPrefix)) return leftovers_ == Leftovers::taken;
    return !exclusion_.covers(path) && !ignore_.ignores(path);
  }
  bool is_repository(const std::string&) override { return false; }

 private:
  const IgnoreMatcher& ignore_;
  const Exclusion& exclusion_;
  Leftovers leftovers_;
};

class HashBackend final : public SnapshotBackend {
 public:
  HashBackend(std::string path, Descriptor root, const IgnoreRules& rules, IgnoreMatcher ignore, StateFolder state,
              const Surroundings& around)
      : path_(std::move(path)),
        root_(std::move(root)),
        ignore_(std::move(ignore)),
        exclusion_(around.excluded, path_),
        left_out_{around.excluded, rules, {}},
        state_(std::move(state)),
        durable_(around.durable),
        before_change_(around.before_change) {}

  Backend kind() const noexcept override { return Backend::hash; }
  const std::string& path() const noexcept override { return path_; }

  Result<Taken> take(std::string_view label, Timestamp now, const std::atomic<bool>* stop) override {
    auto lock = state_.lock();
    if (!lock) return lock.error();
    StatCache cache = trusted_cache();
    HashFilter filter(ignore_, exclusion_, HashFilter::Leftovers::passed_over);
    auto found = look(filter, cache, {stop, false, false});
    if (!found) return found.error();
    const ContentId digest = digest_of(found->tree);
    Taken taken;
    taken.files_read = found->files_read;
    taken.bytes_read = found->bytes_read;
    taken.snapshot.backend = Backend::hash;
    taken.snapshot.path = path_;
    taken.snapshot.ref = hex_of(digest, digest.size());
    taken.snapshot.label = label;
    taken.snapshot.captured_at = now;
    // The name of the last snapshot stands in the cache, and so does its digest: nothing is written for the same again.
    const auto [last_ref, last_name] = last_of(cache);
    const auto left_out_then = state_.read_of(last_name, kLeftOutFile);
    const bool same = last_ref == taken.snapshot.ref && left_out_then && *left_out_then == to_bytes(left_out_);
    const std::string name = same ? last_name : new_snapshot_name(now);
    taken.snapshot.metadata["name"] = name;
    taken.snapshot.metadata["files"] = static_cast<std::int64_t>(found->tree.entries.size());
    if (!same) {
      if (auto kept = keep(name, found->tree); !kept) return kept.error();
    }
    if (auto saved = save(std::move(*found), cache, taken.snapshot.ref + ' ' + name); !saved) return saved.error();
    if (!same) forget_old(name);
    return taken;
  }

  Result<Diff> diff(const Snapshot& from, const Snapshot& to, const DiffOptions& options) override {
    auto old_tree = tree_of(from);
    if (!old_tree) return old_tree.error();
    auto new_tree = tree_of(to);
    if (!new_tree) return new_tree.error();
    Diff out;
    out.backend = Backend::hash;
    out.from_ref = from.ref;
    out.to_ref = to.ref;
    if (options.capture_patch) out.patch.emplace();
    if (auto added = add_tree_diff(*old_tree, *new_tree, *blobs(), options, out); !added) return added.error();
    return out;
  }

  Result<void> rollback(const Snapshot& to) override {
    return roll_back_with_journal(state_, root_.get(), durable_, to, steps());
  }

  Result<std::optional<Snapshot>> finish_rollback() override {
    return finish_by_journal(state_, root_.get(), durable_, steps());
  }

 private:
  struct Target {
    Tree tree;
    IgnoreMatcher ignore;
    Exclusion exclusion;
  };
  std::unique_ptr<Contents> blobs() const { return open_blob_store(state_.path() + "/objects"); }

  Result<Scan> look(HashFilter& filter, const StatCache& cache, const ScanOptions& options) {
    return scan(
        root_.get(), filter, cache, [this] { return Result<std::unique_ptr<Contents>>(blobs()); }, {}, options);
  }

  Result<void> keep(const std::string& name, const Tree& tree) {
    if (auto written = state_.write_of(name, kLeftOutFile, to_bytes(left_out_)); !written) return written.error();
    if (auto written = state_.write_of(name, kTreeFile, to_bytes(tree)); !written) return written.error();
    return durable_ ? state_.flush() : Result<void>();
  }

  // Of the last snapshot; it stands in the cache.
  static std::pair<std::string, std::string> last_of(const StatCache& cache) {
    const std::size_t blank = std::min(cache.notes.find(' '), cache.notes.size());
    return {cache.notes.substr(0, blank), cache.notes.substr(std::min(blank + 1, cache.notes.size()))};
  }
  // What the cache says of contents holds as long as the snapshot it was written with is kept.
  StatCache trusted_cache() const {
    StatCache cache = state_.read_cache();
    return state_.has(last_of(cache).second) ? std::move(cache) : StatCache();
  }

  Result<void> save(Scan found, const StatCache& before, std::string notes) {
    if (found.entries == before.entries && notes == before.notes) return {};
    StatCache cache;
    cache.entries = std::move(found.entries);
    cache.notes = std::move(notes);
    return state_.write_cache(cache);
  }

  Result<Tree> tree_of(const Snapshot& snapshot) {
    const std::string name(find_string(snapshot.metadata, "name").value_or(""));
    if (!state_.has(name)) {
      return Error(ErrorCode::storage_error,
                   "the snapshot " + snapshot.ref + " of '" + path_ + "' is not kept any more; only the newest are");
    }
    auto bytes = state_.read_of(name, kTreeFile);
    if (!bytes) return bytes.error();
    return tree_from_bytes(*bytes, "the tree of snapshot " + snapshot.ref);
  }

  // By the rules that the snapshot was taken with, which need not be those of now.
  Result<Target> target_of(const Snapshot& snapshot) {
    auto tree = tree_of(snapshot);
    if (!tree) return tree.error();
    auto bytes = state_.read_of(std::string(find_string(snapshot.metadata, "name").value_or("")), kLeftOutFile);
    if (!bytes) return bytes.error();
    auto left_out = left_out_from_bytes(*bytes, "what snapshot " + snapshot.ref + " left out");
    if (!left_out) return left_out.error();
    auto ignore = IgnoreMatcher::make(left_out->rules);
    if (!ignore) return ignore.error();
    std::vector<std::string> excluded = left_out_.excluded;
    excluded.insert(excluded.end(), left_out->excluded.begin(), left_out->excluded.end());
    return Target{std::move(*tree), std::move(*ignore), Exclusion(excluded, path_)};
  }

  Result<void> restore_to(const Snapshot& to) {
    auto target = target_of(to);
    if (!target) return target.error();
    const StatCache cache = trusted_cache();
    auto contents = blobs();
    HashFilter filter(target->ignore, target->exclusion, HashFilter::Leftovers::taken);
    auto then = roll_back_tree(
        root_.get(), target->tree, *contents,
        [&] {
          return look(filter, cache, {nullptr, true, false});
        },
        before_change_);
    return then ? Result<void>() : then.error();
  }

  JournaledRestore steps() {
    return {[this](const Snapshot& to) -> Result<void> {
              auto target = target_of(to);
              return target ? Result<void>() : target.error();
            },
            [this](const Snapshot& to) { return restore_to(to); }};
  }

  // Failing to forget costs room, and is tried again with the next snapshot.
  void forget_old(const std::string& newest) {
    std::vector<std::string> names = state_.snapshots();
    if (names.size() <= kMostSnapshots) return;
    for (std::size_t i = 0; i + kMostSnapshots / 2 < names.size(); ++i) {
      if (names[i] != newest) state_.forget(names[i]);
    }
    std::set<ContentId> kept;
    for (const std::string& name : state_.snapshots()) {
      auto bytes = state_.read_of(name, kTreeFile);
      if (!bytes) return;
      auto tree = tree_from_bytes(*bytes, name);
      if (!tree) return;
      for (const TreeEntry& entry : tree->entries) kept.insert(entry.content);
    }
    (void)sweep_blob_store(state_.path() + "/objects", kept);
  }

  std::string path_;
  Descriptor root_;
  IgnoreMatcher ignore_;
  Exclusion exclusion_;
  LeftOut left_out_;
  StateFolder state_;
  bool durable_;
  BeforeChange before_change_;
};

}  // namespace

Result<std::unique_ptr<SnapshotBackend>> open_hash_backend(const std::string& path, const IgnoreRules& ignore,
                                                           const Surroundings& around) {
  if (around.state_folder.empty()) {
    return Error(ErrorCode::validation_error, "there is nowhere to keep snapshots of '" + path +
                                                  "': set XDG_STATE_HOME or HOME, or use a git repository");
  }
  auto matcher = IgnoreMatcher::make(ignore);
  if (!matcher) return matcher.error();
  Descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) {
    Error error = file_error("open the workspace", path, errno);
    return Error(ErrorCode::validation_error, error.message());
  }
  const auto digest = sha256_of(path);
  auto state = StateFolder::open(around.state_folder + '/' + hex_of(digest, 16));
  if (!state) return state.error();
  if (auto made = make_folders(state->path() + "/objects"); !made) return made.error();
  Surroundings with_state = around;
  with_state.excluded.push_back(around.state_folder);
  return std::unique_ptr<SnapshotBackend>(
      std::make_unique<HashBackend>(path, std::move(root), ignore, std::move(*matcher), std::move(*state), with_state));
}

}  // namespace asmgr::workspace
