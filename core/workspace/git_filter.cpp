#include "core/workspace/git_filter.hpp"

#include <fcntl.h>

#include <algorithm>

#include "core/workspace/descriptor.hpp"
#include "core/workspace/restore.hpp"

namespace asmgr::workspace {
namespace {

bool path_less(std::string_view a, std::string_view b) noexcept {
  return compare_paths(a, b) < 0;
}

TrackedPaths paths_of(const GitIndex& index) {
  TrackedPaths tracked;
  const std::size_t count = git_index_entrycount(index.get());
  tracked.paths.reserve(count);
  for (std::size_t i = 0; i < count; ++i) tracked.paths.emplace_back(git_index_get_byindex(index.get(), i)->path);
  std::sort(tracked.paths.begin(), tracked.paths.end(), path_less);
  return tracked;
}

// A rule may be of folders alone, so a path that is one is asked for as one.
std::string asked_as(const std::string& path, Kind kind) {
  return kind == Kind::folder ? path + '/' : path;
}

}  // namespace

bool TrackedPaths::has(std::string_view path) const noexcept {
  return std::binary_search(paths.begin(), paths.end(), path, path_less);
}

bool TrackedPaths::has_below(std::string_view folder) const noexcept {
  const auto at = std::lower_bound(paths.begin(), paths.end(), folder, path_less);
  return at != paths.end() && lies_in(*at, folder);
}

Result<TrackedPaths> tracked_paths(git_repository& repository) {
  git_index* index = nullptr;
  if (git_repository_index(&index, &repository) != 0) return git_failure("read the index");
  return paths_of(GitIndex(index));
}

Result<TrackedPaths> tracked_paths(const std::string& index_file) {
  git_index* index = nullptr;
  if (git_index_open(&index, index_file.c_str()) != 0) return git_failure("read the index '" + index_file + "'");
  return paths_of(GitIndex(index));
}

bool GitFilter::takes(const std::string& path, Kind kind, const FileStat& stat) {
  const std::string name = split_path(path).second;
  if (name == ".git") return false;
  if (name.starts_with(kTemporaryPrefix)) return decisions_ != nullptr;
  if (name == ".gitignore" && kind == Kind::file) {
    const std::lock_guard lock(mutex_);
    rule_files_.push_back(path + '\0' + print_of(stat));
  }
  if (exclusion_.covers(path)) return false;
  if (known_ != nullptr) {
    const CachedEntry* entry = known_->find(path);
    const bool was_folder =
        entry != nullptr && (entry->entry.kind == Kind::folder || entry->entry.kind == Kind::repository);
    if (entry != nullptr && was_folder == (kind == Kind::folder)) return true;
    std::string asked = asked_as(path, kind);
    if (entry == nullptr && known_->ignores(asked)) {
      const std::lock_guard lock(mutex_);
      ignored_.push_back(std::move(asked));
      return false;
    }
  }
  return decide(path, kind);
}

std::optional<bool> GitFilter::decided_by_snapshot(const std::string& path, const std::string& asked) const {
  if (decisions_ == nullptr) return std::nullopt;
  if (decisions_->taken.find(path) != nullptr) return true;
  if (std::binary_search(decisions_->ignored.begin(), decisions_->ignored.end(), asked)) return false;
  // Rules that hide themselves would hide what else has been put into a folder of the snapshot. In a folder that came
  // later they stay: tools make such ones for what is theirs alone.
  const auto [folder, name] = split_path(path);
  const bool is_rules_file = name == ".gitignore" && asked == path;
  if (is_rules_file && (folder.empty() || decisions_->taken.find(folder) != nullptr)) return true;
  return std::nullopt;
}

const TrackedPaths* GitFilter::tracked() {
  if (decisions_ != nullptr) return &decisions_->tracked;
  if (!tracked_) tracked_ = tracked_paths(repository_);
  return *tracked_ ? &**tracked_ : nullptr;
}

bool GitFilter::decide(const std::string& path, Kind kind) {
  const std::string asked = asked_as(path, kind);
  if (const auto decided = decided_by_snapshot(path, asked)) return *decided;
  const std::lock_guard lock(mutex_);
  const TrackedPaths* known = tracked();
  if (known == nullptr) return true;
  if (kind == Kind::folder ? known->has_below(path) : known->has(path)) return true;
  int ignored = 0;
  // A path that git cannot judge is taken: rather too much in a snapshot than too little.
  if (git_ignore_path_is_ignored(&ignored, &repository_, asked.c_str()) != 0) return true;
  if (ignored != 0) ignored_.push_back(asked);
  return ignored == 0;
}

bool GitFilter::is_repository(const std::string& path) {
  return open_repository(workdir_ + path) != nullptr;
}

Result<void> GitFilter::outcome() const {
  if (tracked_ && !*tracked_) return tracked_->error();
  return {};
}

std::string GitFilter::rule_files() const {
  std::vector<std::string> files = rule_files_;
  std::sort(files.begin(), files.end());
  std::string text;
  for (const std::string& file : files) text += file + '\n';
  return text;
}

std::vector<std::string> GitFilter::ignored() const {
  std::vector<std::string> paths = ignored_;
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string print_of(const FileStat& stat) {
  std::string text;
  for (const std::uint64_t part : {stat.device, stat.inode, stat.size, static_cast<std::uint64_t>(stat.modified_ns),
                                   static_cast<std::uint64_t>(stat.changed_ns)}) {
    text += std::to_string(part) + ' ';
  }
  return text;
}

std::string print_of_file(const std::string& path) {
  int error_number = 0;
  const FileStat stat = stat_of(AT_FDCWD, path, error_number);
  return error_number == 0 ? print_of(stat) : "none";
}

}  // namespace asmgr::workspace
