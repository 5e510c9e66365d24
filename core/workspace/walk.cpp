#include "core/workspace/walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/workspace/parallel.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::uint32_t kUserMay = 0700;
// A small tree is done before other threads have begun.
constexpr std::size_t kFoldersOfOne = 32;

FileStat from_system(const struct ::stat& info) noexcept {
  FileStat out;
  out.device = info.st_dev;
  out.inode = info.st_ino;
  out.size = static_cast<std::uint64_t>(info.st_size);
  out.modified_ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  out.changed_ns = info.st_ctim.tv_sec * 1'000'000'000LL + info.st_ctim.tv_nsec;
  out.mode = info.st_mode;
  return out;
}

std::optional<Kind> kind_of_mode(std::uint32_t mode) noexcept {
  if (S_ISREG(mode)) return Kind::file;
  if (S_ISLNK(mode)) return Kind::link;
  if (S_ISDIR(mode)) return Kind::folder;
  return std::nullopt;
}

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

// Folders that wait to be read, and whether any may still come.
class FolderQueue {
 public:
  explicit FolderQueue(const std::atomic<bool>* stop) : stop_(stop) { waiting_.emplace_back(); }

  // Nothing: all is done, or given up. Each folder got is answered by done().
  std::optional<std::string> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || busy_ == 0 || error_; });
    if (stop_ != nullptr && *stop_ && !error_)
      error_ = Error(ErrorCode::cancelled, "looking at the workspace was stopped");
    if (waiting_.empty() || error_) {
      changed_.notify_all();
      return std::nullopt;
    }
    ++busy_;
    std::string path = std::move(waiting_.back());
    waiting_.pop_back();
    return path;
  }
  void done(std::vector<std::string> folders) {
    {
      const std::lock_guard lock(mutex_);
      --busy_;
      waiting_.insert(waiting_.end(), std::move_iterator(folders.begin()), std::move_iterator(folders.end()));
    }
    changed_.notify_all();
  }
  void fail(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
  // While nobody else works on it.
  [[nodiscard]] bool has_more() const noexcept { return !waiting_.empty() && !error_; }

 private:
  const std::atomic<bool>* stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> waiting_;
  std::size_t busy_ = 0;
  std::optional<Error> error_;
};

class FolderReader {
 public:
  FolderReader(int root, WalkFilter& filter, const WalkOptions& options, FolderQueue& queue)
      : root_(root), filter_(filter), options_(options), queue_(queue) {}

  // Until nothing is left, or `most` folders are read.
  void work(std::size_t most) {
    for (; most > 0; --most) {
      auto folder = queue_.next();
      if (!folder) return;
      if (auto read = read_folder(*folder); !read) queue_.fail(read.error());
      queue_.done(std::exchange(below_, {}));
    }
  }
  std::vector<Found> found;

 private:
  Result<OpenFolder> open(const std::string& path) const {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    Descriptor fd = open_beneath(root_, path, kFlags, 0);
    if (!fd.is_open() && errno == EACCES && options_.open_up) {
      const Descriptor shut = open_beneath(root_, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
      const std::string name = "/proc/self/fd/" + std::to_string(shut.get());
      if (::chmod(name.c_str(), kUserMay) == 0) fd = open_beneath(root_, path, kFlags, 0);
    }
    if (!fd.is_open()) {
      // Gone, or no folder any more: whoever looks next sees what it is.
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return OpenFolder();
      return file_error("read the folder", path.empty() ? "." : path, errno);
    }
    OpenFolder opened(::fdopendir(::dup(fd.get())));
    if (opened == nullptr) return file_error("read the folder", path, errno);
    return opened;
  }

  Result<void> read_folder(const std::string& path);

  int root_;
  WalkFilter& filter_;
  const WalkOptions& options_;
  FolderQueue& queue_;
  std::vector<std::string> below_;
};

// The names of a folder, and whether ".git" is one of them.
std::vector<std::string> names_in(DIR* folder, bool& has_git) {
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    has_git = has_git || name == ".git";
    names.emplace_back(name);
  }
  return names;
}

Result<void> FolderReader::read_folder(const std::string& path) {
  auto opened = open(path);
  if (!opened) return opened.error();
  if (*opened == nullptr) return {};
  const int folder = ::dirfd(opened->get());
  bool has_git = false;
  const std::vector<std::string> names = names_in(opened->get(), has_git);
  if (!path.empty()) {
    int error_number = 0;
    const bool apart = has_git && filter_.is_repository(path);
    found.push_back({path, apart ? Kind::repository : Kind::folder, stat_of(folder, error_number)});
    if (apart) return {};
  }
  for (const std::string& name : names) {
    int error_number = 0;
    const FileStat stat = stat_of(folder, name, error_number);
    if (error_number == ENOENT) continue;
    std::string full = path.empty() ? name : path + '/' + name;
    if (error_number != 0) return file_error("look at", full, error_number);
    const std::optional<Kind> kind = kind_of_mode(stat.mode);
    if (!kind || !filter_.takes(full, *kind, stat)) continue;
    if (*kind == Kind::folder) {
      below_.push_back(std::move(full));
    } else {
      found.push_back({std::move(full), *kind, stat});
    }
  }
  return {};
}

}  // namespace

FileStat stat_of(int folder, const std::string& name, int& error_number) noexcept {
  struct ::stat info {};
  error_number = ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
  return from_system(info);
}

FileStat stat_of(int file, int& error_number) noexcept {
  struct ::stat info {};
  error_number = ::fstat(file, &info) == 0 ? 0 : errno;
  return from_system(info);
}

Result<std::vector<Found>> walk(int root, WalkFilter& filter, const WalkOptions& options) {
  FolderQueue queue(options.stop);
  std::vector<std::unique_ptr<FolderReader>> readers;
  for (unsigned i = 0; i < worker_threads(); ++i) {
    readers.push_back(std::make_unique<FolderReader>(root, filter, options, queue));
  }
  readers.front()->work(kFoldersOfOne);
  if (queue.has_more()) {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < readers.size(); ++i) {
      others.emplace_back([&readers, i] { readers[i]->work(std::numeric_limits<std::size_t>::max()); });
    }
    readers.front()->work(std::numeric_limits<std::size_t>::max());
  }
  if (queue.error()) return *queue.error();
  std::vector<Found> all;
  for (const auto& reader : readers) {
    std::move(reader->found.begin(), reader->found.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return compare_paths(a.path, b.path) < 0; });
  return all;
}

}  // namespace asmgr::workspace
