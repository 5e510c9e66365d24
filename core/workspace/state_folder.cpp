#include "core/workspace/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr::workspace {

Result<StateFolder> StateFolder::open(std::string path) {
  if (auto made = make_folders(path + "/snapshots"); !made) return made.error();
  return StateFolder(std::move(path));
}

Result<Descriptor> StateFolder::lock() const {
  const std::string path = path_ + "/lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return file_error("open", path, errno);
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return file_error("lock", path, errno);
  }
  return file;
}

StatCache StateFolder::read_cache() const {
  const auto bytes = read_file_if_any(path_ + "/cache");
  return bytes ? cache_from_bytes(*bytes) : StatCache();
}

Result<void> StateFolder::write_cache(const StatCache& cache) const {
  return replace_file(path_ + "/cache", to_bytes(cache));
}

Result<std::optional<Snapshot>> StateFolder::journal() const {
  const std::string path = journal_path();
  auto text = read_file_if_any(path);
  if (!text) return text.error();
  if (text->empty()) return std::optional<Snapshot>();
  auto json = parse_json_object(*text, "the journal '" + path + "'");
  if (!json) return json.error();
  auto snapshot = snapshot_from_json(*json);
  if (!snapshot) return std::move(snapshot).error().with_context("the journal '" + path + "'");
  return std::optional<Snapshot>(std::move(*snapshot));
}

Result<void> StateFolder::begin_journal(const Snapshot& to) const {
  return replace_file(journal_path(), to_text(to_json(to)));
}

Result<void> StateFolder::end_journal() const {
  const std::string path = journal_path();
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return file_error("remove", path, errno);
  return {};
}

Result<void> StateFolder::write_of(const std::string& snapshot, const std::string& file, std::string_view bytes) const {
  if (auto made = make_folders(folder_of(snapshot)); !made) return made.error();
  return replace_file(folder_of(snapshot) + '/' + file, bytes);
}

Result<std::string> StateFolder::read_of(const std::string& snapshot, const std::string& file) const {
  return read_file_if_any(folder_of(snapshot) + '/' + file);
}

bool StateFolder::has(const std::string& snapshot) const {
  return !snapshot.empty() && snapshot.find('/') == std::string::npos &&
         ::access(folder_of(snapshot).c_str(), F_OK) == 0;
}

std::vector<std::string> StateFolder::snapshots() const {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(path_ + "/snapshots", failed), end; at != end && !failed;
       at.increment(failed)) {
    names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void StateFolder::forget(const std::string& snapshot) const {
  std::error_code ignored;
  std::filesystem::remove_all(folder_of(snapshot), ignored);
}

Result<void> StateFolder::flush() const {
  const Descriptor folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::syncfs(folder.get()) != 0) return file_error("flush", path_, errno);
  return {};
}

std::string new_snapshot_name(Timestamp now) {
  return new_id("", now);
}

}  // namespace asmgr::workspace
