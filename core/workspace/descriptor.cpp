#include "core/workspace/descriptor.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/model/utf8.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::size_t kChunk = 64 * 1024;
constexpr std::uint64_t kLargestGuess = 64 * 1024 * 1024;

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Error file_error(std::string_view act, std::string_view path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  std::string message = "cannot " + std::string(act) + " '" + shown_path(path) +
                        "': " + std::error_code(error_number, std::generic_category()).message();
  if (full) message += "; free some space";
  if (error_number == EACCES) message += "; give this user the right to it, or leave it out by an ignore rule";
  return Error(full ? ErrorCode::storage_full : ErrorCode::storage_error, std::move(message));
}

Descriptor open_beneath(int folder, const std::string& path, int flags, std::uint32_t mode) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  long fd = -1;
  do {
    fd = ::syscall(SYS_openat2, folder, name, &how, sizeof(how));
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return Descriptor(static_cast<int>(fd));
}

std::pair<std::string, std::string> split_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {std::string(), std::string(path)};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

std::string shown_path(std::string_view path) {
  const char* end = path.data() + path.size();
  std::string quoted = "\"";
  bool plain = true;
  for (const char* at = path.data(); at < end;) {
    const auto byte = static_cast<unsigned char>(*at);
    const std::size_t length = byte < 0x80 ? 1 : utf8_length(at, end);
    const bool control = byte < 0x20 || byte == 0x7f;
    if (length == 0 || control || byte == '"' || byte == '\\') {
      plain = false;
      quoted += '\\';
      if (byte == '"' || byte == '\\') {
        quoted += *at;
      } else {
        for (const int shift : {6, 3, 0}) quoted += static_cast<char>('0' + ((byte >> shift) & 7));
      }
      ++at;
      continue;
    }
    quoted.append(at, length);
    at += length;
  }
  return plain ? std::string(path) : quoted + '"';
}

Result<std::string> read_all(int fd, std::uint64_t expected, std::string_view path) {
  std::string text;
  // One more, so that the end is seen without growing.
  std::size_t room = static_cast<std::size_t>(std::min<std::uint64_t>(expected, kLargestGuess)) + 1;
  for (;; room = kChunk) {
    const std::size_t had = text.size();
    text.resize(had + room);
    const ssize_t got = ::read(fd, text.data() + had, room);
    text.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return text;
    if (got < 0 && errno != EINTR) return file_error("read", path, errno);
  }
}

Result<void> write_all(int fd, std::string_view bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return file_error("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Result<std::string> read_file_if_any(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::string();
    return file_error("open", path, errno);
  }
  struct ::stat info {};
  if (::fstat(file.get(), &info) != 0) return file_error("look at", path, errno);
  return read_all(file.get(), static_cast<std::uint64_t>(info.st_size), path);
}

Result<void> replace_file(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".new";
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.is_open()) return file_error("create", temporary, errno);
    if (auto written = write_all(file.get(), bytes, temporary); !written) return written.error();
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return file_error("replace", path, errno);
  return {};
}

Result<void> make_folders(const std::string& path) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return file_error("make the folder", part, errno);
    if (at == std::string::npos) return {};
  }
}

}  // namespace asmgr::workspace
