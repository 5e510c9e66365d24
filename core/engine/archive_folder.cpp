// One export file per session and place of its log: ID.SEQ.HASH.jsonl.
#include <filesystem>
#include <system_error>

#include "core/engine/export_log.hpp"
#include "core/engine/session_archive.hpp"
#include "core/engine/whole_file.hpp"
#include "core/model/hash_chain.hpp"

namespace asmgr {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashDigitsInName = 16;

class ArchiveFolder final : public SessionArchive {
 public:
  explicit ArchiveFolder(fs::path folder) : folder_(std::move(folder)) {}

  Result<Kept> keep(const StoredLog& log) override {
    const fs::path path = folder_ / name_of(log);
    std::error_code unknown;
    if (fs::exists(path, unknown)) return Kept::before;
    auto file = WholeFile::open(path, WholeFile::Readers::owner);
    if (!file) return file.error();
    ExportSessionOptions parts;
    parts.write = [&file](std::string_view text) { return (*file)->write(text); };
    parts.include_artifacts = true;
    auto exported = export_log(log, parts);
    if (!exported) return exported.error();
    if (auto finished = (*file)->finish(); !finished) return finished.error();
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
