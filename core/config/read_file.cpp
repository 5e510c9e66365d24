#include "core/config/read_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace asmgr {
namespace {

Error reason(int number) {
  const bool missing = number == ENOENT || number == ENOTDIR;
  return Error(missing ? ErrorCode::not_found : ErrorCode::storage_read_failed, std::strerror(number));
}

struct Close {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

}  // namespace

Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return reason(errno);
  std::string text;
  char buffer[16384];
  while (true) {
    errno = 0;
    const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get());
    text.append(buffer, got);
    if (text.size() > max_bytes) {
      return Error(ErrorCode::storage_read_failed, "larger than " + std::to_string(max_bytes) + " bytes");
    }
    if (got == sizeof buffer) continue;
    if (std::ferror(file.get()) != 0) return reason(errno);
    return text;
  }
}

}  // namespace asmgr
