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
  const GitIndex owned(index);
  TrackedPaths tracked;
  const std::size_t count = git_index_entrycount(index);
  tracked.paths.reserve(count);
  for (std::size_t i = 0; i < count; ++i) tracked.paths.emplace_back(git_index_get_byindex(index, i)->path);
  std::sort(tracked.paths.begin(), tracked.paths.end(), path_less);
  return tracked;
}

bool GitFilter::takes(const std::string& path, Kind kind, const FileStat& stat) {
  const std::string name = split_path(path).second;
  if (name == ".git") return false;
  if (name.starts_with(kTemporaryPrefix)) return leftovers_ == Leftovers::taken;
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
    if (entry == nullptr && known_->ignores(path)) {
      const std::lock_guard lock(mutex_);
      ignored_.push_back(path);
      return false;
    }
  }
  return decide(path, kind);
}

bool GitFilter::decide(const std::string& path, Kind kind) {
  const std::lock_guard lock(mutex_);
  if (!tracked_) tracked_ = tracked_paths(repository_);
  if (!*tracked_) return true;
  const bool is_tracked = kind == Kind::folder ? (*tracked_)->has_below(path) : (*tracked_)->has(path);
  if (is_tracked) return true;
  int ignored = 0;
  // A path that git cannot judge is taken: rather too much in a snapshot than too little.
  const std::string asked = kind == Kind::folder ? path + '/' : path;
  if (git_ignore_path_is_ignored(&ignored, &repository_, asked.c_str()) != 0) return true;
  if (ignored != 0) ignored_.push_back(path);
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
