// A file that appears under its name only when it is complete, and is durable then; what is no regular file (a device,
// a pipe) is written directly.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

class WholeFile {
 public:
  enum class Readers : std::uint8_t {
    by_umask,  // whomever this process lets read its files
    owner,
  };

  // What has this name stays until finish. Errors, of every function: storage_write_failed, which says of the file that
  // it cannot be written and why.
  [[nodiscard]] static Result<std::unique_ptr<WholeFile>> open(const std::filesystem::path& path, Readers readers);
  // Leaves nothing of a file that was not finished.
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  [[nodiscard]] Result<void> write(std::string_view text);
  // Once, after the last write.
  [[nodiscard]] Result<void> finish();

 private:
  WholeFile(std::filesystem::path path, std::filesystem::path part, int descriptor);
  [[nodiscard]] bool is_direct() const noexcept { return part_.empty(); }
  [[nodiscard]] Result<void> give_name();

  std::filesystem::path path_;
  std::filesystem::path part_;  // what is written until then; empty = the file itself
  int descriptor_;
};

}  // namespace asmgr
