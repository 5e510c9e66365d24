// One export file per session and place of its log: ID.SEQ.HASH.jsonl.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/engine/export_log.hpp"
#include "core/engine/session_archive.hpp"
#include "core/model/hash_chain.hpp"

namespace asmgr {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kArchiveFileMode = 0600;
constexpr std::size_t kHashDigitsInName = 16;

Error archive_error(const std::string& what, const fs::path& path) {
  return Error(ErrorCode::storage_write_failed, "the archive could not " + what + " " + path.string() + ": " +
                                                    std::generic_category().message(errno) +
                                                    "; see that the folder can be written and has space");
}

// A file that is only there when all of it is.
class WholeFile {
 public:
  explicit WholeFile(fs::path path)
      : path_(std::move(path)), temporary_(path_.string() + ".tmp" + std::to_string(::getpid())) {}
  ~WholeFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  [[nodiscard]] Result<void> open() {
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kArchiveFileMode);
    if (descriptor_ < 0) return archive_error("create", temporary_);
    return {};
  }

  [[nodiscard]] Result<void> write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return archive_error("write", temporary_);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  // Durable afterwards, name and all.
  [[nodiscard]] Result<void> finish() {
    if (::fsync(descriptor_) != 0) return archive_error("write", temporary_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return archive_error("rename", temporary_);
    ::close(std::exchange(descriptor_, -1));
    const int folder = ::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return archive_error("open", path_.parent_path());
    const bool synced = ::fsync(folder) == 0;
    ::close(folder);
    if (!synced) return archive_error("write", path_.parent_path());
    return {};
  }

 private:
  fs::path path_;
  fs::path temporary_;
  int descriptor_ = -1;
};

class ArchiveFolder final : public SessionArchive {
 public:
  explicit ArchiveFolder(fs::path folder) : folder_(std::move(folder)) {}

  Result<Kept> keep(const StoredLog& log) override {
    const fs::path path = folder_ / name_of(log);
    std::error_code unknown;
    if (fs::exists(path, unknown)) return Kept::before;
    WholeFile file(path);
    if (auto opened = file.open(); !opened) return opened.error();
    auto exported = export_log(log, [&file](std::string_view text) { return file.write(text); });
    if (!exported) return exported.error();
    if (auto finished = file.finish(); !finished) return finished.error();
    return Kept::now;
  }

 private:
  // An id that is used again has another chain, and so another hash.
  static std::string name_of(const StoredLog& log) {
    return log.session.id + "." + std::to_string(log.head.last_sequence) + "." +
           to_hex(log.head.hash).substr(0, kHashDigitsInName) + ".jsonl";
  }

  fs::path folder_;
};

}  // namespace

Result<std::unique_ptr<SessionArchive>> open_archive_folder(const std::string& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem || !fs::is_directory(folder, problem)) {
    return Error(ErrorCode::storage_write_failed, "the archive's folder " + folder + " cannot be used: " +
                                                      (problem ? problem.message() : "it is no folder") +
                                                      "; name one that can be made and written");
  }
  return std::unique_ptr<SessionArchive>(std::make_unique<ArchiveFolder>(folder));
}

}  // namespace asmgr
