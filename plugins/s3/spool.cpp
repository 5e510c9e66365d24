#include "spool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

namespace asmgr::s3_store {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{256} * 1024;

std::string temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named == nullptr || *named == '\0' ? "/tmp" : named;
}

[[noreturn]] void throw_no_room(const std::string& folder) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EDQUOT;
  throw sdk::StatusError(full ? ASMGR_E_STORAGE_FULL : ASMGR_E_STORAGE_WRITE,
                         "cannot keep the bytes of an artifact in '" + folder + "' until they are sent: " +
                             std::generic_category().message(error) + "; nothing was changed; " +
                             (full ? "free space there" : "make it writable") + ", or set TMPDIR to another folder");
}

int open_unnamed(const std::string& folder) {
  const int fd = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return fd;
  // Not every file system has files without a name.
  std::string name = folder + "/asmgr-s3-XXXXXX";
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

}  // namespace

Spool::Spool(sdk::ByteSource& source, std::size_t in_memory) {
  try {
    take(source, in_memory);
  } catch (...) {
    if (fd_ >= 0) close(fd_);
    throw;
  }
}

Spool::~Spool() {
  if (fd_ >= 0) close(fd_);
}

void Spool::take(sdk::ByteSource& source, std::size_t in_memory) {
  std::vector<char> buffer(kReadAtOnce);
  Sha256 sha;
  for (std::size_t got = source.read(buffer.data(), buffer.size()); got != 0;
       got = source.read(buffer.data(), buffer.size())) {
    const std::string_view piece(buffer.data(), got);
    sha.add(piece);
    bytes_ += got;
    if (is_in_memory() && text_.size() + got <= in_memory) {
      text_.reserve(std::min(in_memory, std::max(text_.size() + got, 2 * text_.capacity())));
      text_ += piece;
      continue;
    }
    if (is_in_memory()) {
      open_file();
      append(text_);
      std::string().swap(text_);
    }
    append(piece);
  }
  sha256_ = sha.finish();
}

void Spool::open_file() {
  folder_ = temporary_folder();
  fd_ = open_unnamed(folder_);
  if (fd_ < 0) throw_no_room(folder_);
}

void Spool::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_no_room(folder_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string Spool::piece(std::uint64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const ssize_t got = pread(fd_, bytes.data() + at, size - at, static_cast<off_t>(offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      throw sdk::StatusError(ASMGR_E_STORAGE_READ, "cannot read back the bytes of an artifact that were kept in '" +
                                                       folder_ + "' until they are sent; try again");
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace asmgr::s3_store
