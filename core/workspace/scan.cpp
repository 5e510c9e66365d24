#include "core/workspace/scan.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "core/workspace/parallel.hpp"

namespace asmgr::workspace {
namespace {

// File systems stamp files with a clock of a few milliseconds' grain; those that keep whole seconds only, by seconds.
constexpr std::int64_t kGrainNs = 20'000'000;
constexpr std::int64_t kCoarseGrainNs = 2'000'000'000;
constexpr int kTriesWhileItChanges = 3;

std::int64_t wall_clock_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

bool is_settled(const FileStat& stat, std::int64_t looked_at_ns) noexcept {
  const std::int64_t latest = std::max(stat.changed_ns, stat.modified_ns);
  const bool coarse = stat.changed_ns % 1'000'000'000 == 0;
  return latest < looked_at_ns - (coarse ? kCoarseGrainNs : kGrainNs);
}

TreeEntry entry_of(const Found& found) {
  TreeEntry entry;
  entry.path = found.path;
  entry.kind = found.kind;
  if (found.kind == Kind::file || found.kind == Kind::folder) entry.mode = found.stat.mode & kPermissions;
  return entry;
}

struct Reading {
  bool gone = false;
  std::uint64_t bytes = 0;
};

class ContentReader {
 public:
  ContentReader(int root, bool open_up, std::unique_ptr<Contents> contents)
      : root_(root), open_up_(open_up), contents_(std::move(contents)) {}

  // Fills content, stat and settled; a file that is written meanwhile is read again a few times.
  Result<Reading> read(CachedEntry& cached) {
    return cached.entry.kind == Kind::link ? read_link(cached) : read_file(cached);
  }

 private:
  Descriptor open(const std::string& path) const noexcept {
    constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    Descriptor file = open_beneath(root_, path, kFlags, 0);
    if (file.is_open() || errno != EACCES || !open_up_) return file;
    const Descriptor shut = open_beneath(root_, path, O_PATH | O_NOFOLLOW, 0);
    if (::chmod(("/proc/self/fd/" + std::to_string(shut.get())).c_str(), 0600) == 0) {
      file = open_beneath(root_, path, kFlags, 0);
    }
    return file;
  }

  Result<Reading> read_file(CachedEntry& cached) {
    const std::string& path = cached.entry.path;
    for (int tries = 1;; ++tries) {
      const std::int64_t looked_at = wall_clock_ns();
      const Descriptor file = open(path);
      if (!file.is_open()) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) return Reading{true, 0};
        return file_error("read", path, errno);
      }
      int error_number = 0;
      const FileStat before = stat_of(file.get(), error_number);
      if (error_number != 0) return file_error("look at", path, error_number);
      if (!S_ISREG(before.mode)) return Reading{true, 0};
      auto id = contents_->add_file(file.get(), before.size, path);
      if (!id) return id.error();
      const FileStat after = stat_of(file.get(), error_number);
      const bool same = error_number == 0 && before == after;
      if (!same && tries < kTriesWhileItChanges) continue;
      cached.entry.content = *id;
      cached.entry.mode = before.mode & kPermissions;
      cached.stat = before;
      cached.settled = same && is_settled(before, looked_at);
      return Reading{false, before.size};
    }
  }

  Result<Reading> read_link(CachedEntry& cached) {
    const auto [folder_path, name] = split_path(cached.entry.path);
    const Descriptor folder = open_beneath(root_, folder_path, O_PATH | O_DIRECTORY, 0);
    std::string target(4096, '\0');
    const std::int64_t looked_at = wall_clock_ns();
    const ssize_t length =
        folder.is_open() ? ::readlinkat(folder.get(), name.c_str(), target.data(), target.size()) : -1;
    if (length < 0) return Reading{true, 0};
    target.resize(static_cast<std::size_t>(length));
    auto id = contents_->add_text(target);
    if (!id) return id.error();
    cached.entry.content = *id;
    cached.settled = is_settled(cached.stat, looked_at);
    return Reading{false, target.size()};
  }

  int root_;
  bool open_up_;
  std::unique_ptr<Contents> contents_;
};

Result<void> read_contents(int root, std::vector<CachedEntry>& entries, const std::vector<std::size_t>& unread,
                           const OpenContents& contents, const ScanOptions& options, Scan& out) {
  std::vector<Reading> readings(unread.size());
  auto done = for_each_index(unread.size(), [&]() {
    auto opened = contents();
    using Worker = std::function<Result<void>(std::size_t)>;
    if (!opened) return Result<Worker>(opened.error());
    auto reader = std::make_shared<ContentReader>(root, options.open_up, std::move(*opened));
    return Result<Worker>([&, reader](std::size_t i) -> Result<void> {
      if (options.stop != nullptr && *options.stop) {
        return Error(ErrorCode::cancelled, "looking at the workspace was stopped");
      }
      auto reading = reader->read(entries[unread[i]]);
      if (!reading) return reading.error();
      readings[i] = *reading;
      return {};
    });
  });
  if (!done) return done.error();
  std::vector<bool> gone(entries.size(), false);
  for (std::size_t i = 0; i < unread.size(); ++i) {
    gone[unread[i]] = readings[i].gone;
    out.bytes_read += readings[i].bytes;
    if (!readings[i].gone && entries[unread[i]].entry.kind == Kind::file) ++out.files_read;
  }
  std::size_t index = 0;
  std::erase_if(entries, [&](const CachedEntry&) { return gone[index++]; });
  return {};
}

}  // namespace

Result<Scan> scan(int root, WalkFilter& filter, const StatCache& cache, const OpenContents& contents,
                  const NestedCommit& nested, const ScanOptions& options) {
  auto found = walk(root, filter, {options.stop, options.open_up});
  if (!found) return found.error();
  Scan out;
  out.entries.reserve(found->size());
  std::vector<std::size_t> unread;
  auto known = cache.entries.begin();
  for (const Found& at : *found) {
    while (known != cache.entries.end() && compare_paths(known->entry.path, at.path) < 0) ++known;
    CachedEntry& cached = out.entries.emplace_back(CachedEntry{entry_of(at), at.stat, false});
    if (at.kind == Kind::folder) continue;
    if (at.kind == Kind::repository) {
      auto commit = nested(at.path);
      if (!commit) return std::move(commit).error().with_context("the repository in '" + shown_path(at.path) + "'");
      cached.entry.content = *commit;
      continue;
    }
    const bool same = known != cache.entries.end() && known->entry.path == at.path && known->settled &&
                      known->stat == at.stat && !options.read_everything;
    if (same) {
      cached.entry.content = known->entry.content;
      cached.settled = true;
    } else {
      unread.push_back(out.entries.size() - 1);
    }
  }
  if (auto read = read_contents(root, out.entries, unread, contents, options, out); !read) return read.error();
  out.tree.entries.reserve(out.entries.size());
  for (const CachedEntry& cached : out.entries) out.tree.entries.push_back(cached.entry);
  return out;
}

}  // namespace asmgr::workspace
