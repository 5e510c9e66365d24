// A file that appears under its name only when it is complete; what is no regular file (a device, a pipe) is written
// directly.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr::cli {

class WholeFile {
 public:
  // `option` is the one that named it. Errors: usage.
  [[nodiscard]] static Result<std::unique_ptr<WholeFile>> open(std::string_view option, const std::string& path);
  // Leaves nothing of a file that was not finished.
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  [[nodiscard]] Result<void> write(std::string_view text);
  [[nodiscard]] Result<void> finish();

 private:
  WholeFile(std::string path, std::string part);
  void remove_part() const;
  [[nodiscard]] std::string cannot_write() const;
  [[nodiscard]] Error failed() const;

  std::string path_;
  std::string part_;
  std::FILE* file_;
};

}  // namespace asmgr::cli
