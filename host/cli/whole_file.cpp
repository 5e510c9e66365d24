#include "host/cli/whole_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "host/cli/command.hpp"

namespace asmgr::cli {

Result<std::unique_ptr<WholeFile>> WholeFile::open(std::string_view option, const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  const bool direct = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  auto file = std::unique_ptr<WholeFile>(new WholeFile(path, direct ? path : path + ".part"));
  if (file->file_ == nullptr) return usage_error(std::string(option) + ": " + file->cannot_write());
  return file;
}

WholeFile::WholeFile(std::string path, std::string part)
    : path_(std::move(path)), part_(std::move(part)), file_(std::fopen(part_.c_str(), "we")) {}

WholeFile::~WholeFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  remove_part();
}

Result<void> WholeFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) == text.size()) return {};
  return failed();
}

Result<void> WholeFile::finish() {
  if (std::fclose(std::exchange(file_, nullptr)) != 0) {
    Error error = failed();
    remove_part();
    return error;
  }
  if (part_ == path_) return {};
  if (std::rename(part_.c_str(), path_.c_str()) == 0) return {};
  return failed();
}

void WholeFile::remove_part() const {
  std::error_code ignored;
  if (part_ != path_) std::filesystem::remove(part_, ignored);
}

std::string WholeFile::cannot_write() const {
  return "'" + part_ + "' cannot be written: " + std::strerror(errno);
}

Error WholeFile::failed() const {
  return {ErrorCode::storage_write_failed, cannot_write()};
}

}  // namespace asmgr::cli
