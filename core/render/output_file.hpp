// A descriptor that takes all of a text or says why not.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "core/model/error.hpp"

namespace asmgr::rendering {

class OutputFile {
 public:
  // Made or emptied, readable as the process's mask says.
  [[nodiscard]] static Result<OutputFile> open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (descriptor < 0) return failure("cannot be opened for writing");
    return OutputFile(descriptor, true);
  }
  [[nodiscard]] static OutputFile borrow(int descriptor) { return OutputFile(descriptor, false); }

  OutputFile(OutputFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), owned_(other.owned_) {}
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile() {
    if (owned_ && descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] Result<void> write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t taken = ::write(descriptor_, text.data(), text.size());
      if (taken >= 0) {
        text.remove_prefix(static_cast<std::size_t>(taken));
      } else if (errno == EAGAIN) {
        pollfd wait{descriptor_, POLLOUT, 0};
        ::poll(&wait, 1, -1);
      } else if (errno != EINTR) {
        return failure("takes nothing more");
      }
    }
    return {};
  }
  [[nodiscard]] Result<void> close() {
    const int descriptor = std::exchange(descriptor_, -1);
    if (owned_ && descriptor >= 0 && ::close(descriptor) != 0) return failure("could not be closed");
    return {};
  }

 private:
  OutputFile(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {}
  [[nodiscard]] static Error failure(std::string_view what) {
    return Error(ErrorCode::storage_error, "it " + std::string(what) + ": " + std::strerror(errno));
  }

  int descriptor_;
  bool owned_;
};

}  // namespace asmgr::rendering
