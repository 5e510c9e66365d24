// Where the contents of files and links are kept, under a name made of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/workspace/tree.hpp"

namespace asmgr::workspace {

// Used by one thread at a time; several may be open on the same place.
class Contents {
 public:
  virtual ~Contents() = default;
  // Keeps what can be read from the file, which is about `size` bytes long. `path` is for errors.
  [[nodiscard]] virtual Result<ContentId> add_file(int fd, std::uint64_t size, std::string_view path) = 0;
  [[nodiscard]] virtual Result<ContentId> add_text(std::string_view text) = 0;
  // Gives the content in order, in parts. Errors: storage_error when it is not there or is damaged; those of `part`.
  [[nodiscard]] virtual Result<void> read(const ContentId& id,
                                          const std::function<Result<void>(std::string_view part)>& part) = 0;
};

// Another one, for the calling thread.
using OpenContents = std::function<Result<std::unique_ptr<Contents>>()>;

}  // namespace asmgr::workspace
