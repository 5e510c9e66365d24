#include "folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "system_calls.hpp"

namespace asmgr::file_store {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

int open_patiently(int folder, const std::string& name, int flags, mode_t mode) noexcept {
  int fd = -1;
  do {
    fd = sys::open_at(folder, name.c_str(), flags, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

}  // namespace

void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_all(int fd, std::string_view bytes, const std::string& shown) {
  while (!bytes.empty()) {
    const ssize_t written = sys::write_some(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno("cannot write '" + shown + "'");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_file(int fd, const std::string& shown) {
  if (sys::sync(fd) != 0) throw_errno("cannot flush '" + shown + "' to the disk");
}

std::size_t read_full(int fd, char* buffer, std::size_t size, const std::string& shown) {
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = sys::read_some(fd, buffer + have, size - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read '" + shown + "'");
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

std::optional<Folder> Folder::find(const std::string& name) const {
  Descriptor opened(open_patiently(fd(), name, kFolderFlags, 0));
  if (opened.get() >= 0) return Folder(std::move(opened), path_of(name));
  if (errno == ENOENT) return std::nullopt;
  throw_errno("cannot open the folder '" + path_of(name) + "'");
}

Folder Folder::open(const std::string& name) const {
  if (auto found = find(name)) return std::move(*found);
  errno = ENOENT;
  throw_errno("cannot open the folder '" + path_of(name) + "'");
}

Folder Folder::make(const std::string& name) const {
  if (sys::make_folder_at(fd(), name.c_str()) != 0 && errno != EEXIST)
    throw_errno("cannot make the folder '" + path_of(name) + "'");
  // Also one that was there: whoever made it may have ended before this.
  sync();
  return open(name);
}

std::optional<Descriptor> Folder::find_file(const std::string& name) const {
  // Not to wait for a writer, should somebody have planted a pipe.
  Descriptor file(open_patiently(fd(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  if (file.get() < 0) throw_errno("cannot open '" + path_of(name) + "'");
  struct stat status {};
  if (fstat(file.get(), &status) != 0) throw_errno("cannot examine '" + path_of(name) + "'");
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    throw_errno("'" + path_of(name) + "' is no file");
  }
  return file;
}

std::optional<std::string> Folder::read_file(const std::string& name, std::size_t limit) const {
  const auto file = find_file(name);
  if (!file) return std::nullopt;
  std::string text(limit + 1, '\0');
  text.resize(read_full(file->get(), text.data(), text.size(), path_of(name)));
  if (text.size() <= limit) return text;
  errno = EFBIG;
  throw_errno("cannot read '" + path_of(name) + "'");
}

Descriptor Folder::create_file(const std::string& name) const {
  Descriptor file(open_patiently(fd(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.get() < 0) throw_errno("cannot create '" + path_of(name) + "'");
  return file;
}

void Folder::touch(const std::string& name) const {
  const Descriptor file(
      open_patiently(fd(), name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.get() < 0) throw_errno("cannot create '" + path_of(name) + "'");
}

void Folder::move_to(const std::string& name, const Folder& to, const std::string& new_name) const {
  if (sys::rename_at(fd(), name.c_str(), to.fd(), new_name.c_str()) != 0)
    throw_errno("cannot move '" + path_of(name) + "' to '" + to.path_of(new_name) + "'");
}

void Folder::remove_file(const std::string& name) const {
  if (sys::remove_at(fd(), name.c_str(), 0) != 0 && errno != ENOENT)
    throw_errno("cannot remove '" + path_of(name) + "'");
}

bool Folder::remove_folder(const std::string& name) const {
  if (sys::remove_at(fd(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return true;
  if (errno == ENOTEMPTY || errno == EEXIST) return false;
  throw_errno("cannot remove the folder '" + path_of(name) + "'");
}

void Folder::sync() const {
  sync_file(fd(), shown_);
}

std::vector<std::string> Folder::names() const {
  // Opened anew: a descriptor has one place where reading its entries stands.
  const int own = open_patiently(fd(), ".", kFolderFlags, 0);
  if (own < 0) throw_errno("cannot open the folder '" + shown_ + "'");
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(own), &closedir);
  if (!stream) {
    const Descriptor closes(own);
    throw_errno("cannot list the folder '" + shown_ + "'");
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* item = readdir(stream.get())) {
    const std::string_view name = item->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) throw_errno("cannot list the folder '" + shown_ + "'");
  return names;
}

}  // namespace asmgr::file_store
