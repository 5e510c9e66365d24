#include "core/engine/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace asmgr {
namespace {

Error cannot_write(const std::filesystem::path& path) {
  return Error(ErrorCode::storage_write_failed,
               "'" + path.string() + "' cannot be written: " + std::generic_category().message(errno));
}

// So that a name that was given is still there after a crash of the machine.
bool sync_folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0 || errno == EINVAL;  // a file system that has no such thing
  const int why = errno;
  ::close(descriptor);
  errno = why;
  return synced;
}

}  // namespace

Result<std::unique_ptr<WholeFile>> WholeFile::open(const std::filesystem::path& path, Readers readers) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  const bool direct = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  std::filesystem::path part;
  if (!direct) part = path.string() + ".part" + std::to_string(::getpid());
  const mode_t mode = readers == Readers::owner ? 0600 : 0666;
  const int descriptor =
      ::open((direct ? path : part).c_str(), O_WRONLY | O_CREAT | (direct ? 0 : O_TRUNC) | O_CLOEXEC, mode);
  if (descriptor < 0) return cannot_write(path);
  return std::unique_ptr<WholeFile>(new WholeFile(path, std::move(part), descriptor));
}

WholeFile::WholeFile(std::filesystem::path path, std::filesystem::path part, int descriptor)
    : path_(std::move(path)), part_(std::move(part)), descriptor_(descriptor) {}

WholeFile::~WholeFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!is_direct()) ::unlink(part_.c_str());
}

Result<void> WholeFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_write(path_);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> WholeFile::finish() {
  if (!is_direct()) return give_name();
  if (::close(std::exchange(descriptor_, -1)) != 0) return cannot_write(path_);
  return {};
}

// Until it has its name the destructor takes it away.
Result<void> WholeFile::give_name() {
  if (::fsync(descriptor_) != 0 || ::rename(part_.c_str(), path_.c_str()) != 0) return cannot_write(path_);
  ::close(std::exchange(descriptor_, -1));
  if (!sync_folder_of(path_)) return cannot_write(path_);
  return {};
}

}  // namespace asmgr
