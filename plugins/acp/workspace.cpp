#include "workspace.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asmgr/plugin.hpp>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "utf8.hpp"

namespace asmgr::acp {
namespace {

namespace fs = std::filesystem;
using exec::Fd;

int open_at(int folder, const char* path, int flags, mode_t mode, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags)) | O_CLOEXEC;
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how));
}

FileProblem outside(std::string_view path) {
  return {
      FileProblem::Kind::kOutside,
      "'" + std::string(path) + "' is not in the workspace, or a link leads out of it; name a file of the workspace"};
}

FileProblem problem_of_errno(int error, std::string_view path) {
  if (error == EXDEV || error == ELOOP) return outside(path);
  const std::string name = "'" + std::string(path) + "'";
  if (error == ENOENT || error == ENOTDIR) return {FileProblem::Kind::kNotFound, "there is no file " + name};
  return {FileProblem::Kind::kUnusable, name + " cannot be used: " + std::strerror(error)};
}

std::string real_path_of(int fd) {
  std::error_code error;
  return fs::read_symlink("/proc/self/fd/" + std::to_string(fd), error).string();
}

// Lines are counted as editors do: the end of a line belongs to it.
std::string_view lines_of(std::string_view text, std::int64_t first, std::optional<std::int64_t> limit) {
  std::size_t from = 0;
  for (std::int64_t line = 1; line < first && from < text.size(); ++line) {
    const std::size_t end = text.find('\n', from);
    from = end == std::string_view::npos ? text.size() : end + 1;
  }
  text.remove_prefix(from);
  if (!limit) return text;
  std::size_t length = 0;
  for (std::int64_t line = 0; line < *limit && length < text.size(); ++line) {
    const std::size_t end = text.find('\n', length);
    length = end == std::string_view::npos ? text.size() : end + 1;
  }
  return text.substr(0, length);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A new file in place of the old one at one stroke, so that nobody ever reads half of it.
int replace_file(int folder, const std::string& name, std::string_view content, std::optional<mode_t> mode) {
  static std::atomic<std::uint64_t> next{1};
  const std::string temporary = ".asmgr-" + std::to_string(::getpid()) + "-" + std::to_string(next++) + ".tmp";
  const Fd made(open_at(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL, mode.value_or(0666), RESOLVE_BENEATH));
  if (made.get() < 0) return errno;
  int error = 0;
  if (mode && ::fchmod(made.get(), *mode) != 0) error = errno;
  if (error == 0 && !write_all(made.get(), content)) error = errno;
  if (error == 0 && ::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) error = errno;
  if (error != 0) ::unlinkat(folder, temporary.c_str(), 0);
  return error;
}

}  // namespace

Workspace::Workspace(const std::string& folder) : named_(folder) {
  root_ = Fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root_.get() < 0) {
    throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, "cwd: the folder '" + folder + "' cannot be opened: " +
                                                       std::strerror(errno) + "; create it or name another one");
  }
  real_ = real_path_of(root_.get());
}

std::optional<std::string> Workspace::below(std::string_view path) const {
  if (path.empty() || path.front() != '/' || path.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string plain = fs::path(path).lexically_normal().string();
  for (const std::string& root : {named_, real_}) {
    if (plain == root || plain == root + "/" || root == "/") return root == "/" && plain != "/" ? plain.substr(1) : ".";
    if (plain.compare(0, root.size() + 1, root + "/") == 0) return plain.substr(root.size() + 1);
  }
  return std::nullopt;
}

Fd Workspace::open_beneath(const std::string& relative, int flags) const {
  return Fd(open_at(root_.get(), relative.c_str(), flags, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS));
}

std::optional<FileProblem> Workspace::check(std::string_view path) const {
  const auto relative = below(path);
  if (!relative) return outside(path);
  const Fd found = open_beneath(*relative, O_PATH);
  if (found.get() >= 0 || errno == ENOENT) return std::nullopt;
  return problem_of_errno(errno, path);
}

FileResult<std::string> Workspace::read(std::string_view path, std::optional<std::int64_t> line,
                                        std::optional<std::int64_t> limit) const {
  const auto relative = below(path);
  if (!relative) return outside(path);
  // Without blocking: what is there may be a pipe.
  const Fd file = open_beneath(*relative, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (file.get() < 0) return problem_of_errno(errno, path);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return problem_of_errno(errno, path);
  const std::string name = "'" + std::string(path) + "'";
  if (!S_ISREG(about.st_mode)) return FileProblem{FileProblem::Kind::kUnusable, name + " is no regular file"};
  std::string text;
  char buffer[65536];
  while (text.size() <= kMaxFileBytes) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return problem_of_errno(errno, path);
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  if (text.size() > kMaxFileBytes) {
    return FileProblem{FileProblem::Kind::kUnusable,
                       name + " has more than " + std::to_string(kMaxFileBytes) + " bytes"};
  }
  if (!is_utf8(text)) return FileProblem{FileProblem::Kind::kUnusable, name + " is no text in UTF-8"};
  return std::string(lines_of(text, line.value_or(1), limit));
}

// The folder that the file stands in, made where it is missing.
Fd Workspace::make_folders(const std::string& relative) const {
  Fd at = open_beneath(".", O_PATH | O_DIRECTORY);
  std::string reached;
  const fs::path parent = fs::path(relative).parent_path();
  for (const fs::path& part : parent) {
    reached += (reached.empty() ? "" : "/") + part.string();
    Fd next = open_beneath(reached, O_PATH | O_DIRECTORY);
    if (next.get() < 0 && errno == ENOENT && ::mkdirat(at.get(), part.c_str(), 0777) == 0) {
      next = open_beneath(reached, O_PATH | O_DIRECTORY);
    }
    if (next.get() < 0) return next;
    at = std::move(next);
  }
  return at;
}

std::optional<FileProblem> Workspace::write(std::string_view path, std::string_view content) const {
  const auto named = below(path);
  if (!named || *named == ".") return outside(path);
  std::string relative = *named;
  std::optional<mode_t> mode;
  const Fd old = open_beneath(relative, O_PATH);
  if (old.get() < 0 && errno != ENOENT) return problem_of_errno(errno, path);
  if (old.get() >= 0) {
    struct stat about {};
    if (::fstat(old.get(), &about) != 0) return problem_of_errno(errno, path);
    if (!S_ISREG(about.st_mode)) {
      return FileProblem{FileProblem::Kind::kUnusable, "'" + std::string(path) + "' is no regular file"};
    }
    mode = about.st_mode & 07777;
    // A link stays one: what it leads to is replaced.
    const auto target = below(real_path_of(old.get()));
    if (!target) return outside(path);
    relative = *target;
  }
  const Fd folder = make_folders(relative);
  if (folder.get() < 0) return problem_of_errno(errno, path);
  const std::string name = fs::path(relative).filename().string();
  struct stat link {};
  if (!mode && ::fstatat(folder.get(), name.c_str(), &link, AT_SYMLINK_NOFOLLOW) == 0) return outside(path);
  const int error = replace_file(folder.get(), name, content, mode);
  if (error != 0) return problem_of_errno(error, path);
  return std::nullopt;
}

FileResult<std::string> Workspace::folder(std::string_view path) const {
  const auto relative = below(path);
  if (!relative) return outside(path);
  const Fd found = open_beneath(*relative, O_PATH | O_DIRECTORY);
  if (found.get() < 0) return problem_of_errno(errno, path);
  return real_path_of(found.get());
}

}  // namespace asmgr::acp
