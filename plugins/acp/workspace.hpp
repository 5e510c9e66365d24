// The folder an agent may read and write through the host, and nothing outside of it.
#pragma once

#include <asmgr/toolkit/exec.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace asmgr::acp {

struct FileProblem {
  enum class Kind {
    kOutside,  // the path, or where its links lead, lies outside of the folder
    kNotFound,
    kUnusable,  // no regular file, too large, not UTF-8, or the system refused
  };
  Kind kind = Kind::kUnusable;
  std::string message;  // a sentence
};

template <typename T>
using FileResult = std::variant<T, FileProblem>;

// Paths are absolute, as the protocol has them; `..` is taken out of their text first, and the system then follows
// links, none of which may leave the folder (absolute links always do). Any thread.
class Workspace {
 public:
  static constexpr std::uint64_t kMaxFileBytes = 16U * 1024 * 1024;

  // `folder` is absolute and exists. Throws sdk::StatusError when it cannot be opened.
  explicit Workspace(const std::string& folder);

  // The text of a regular file. `line` is the first, from 1; `limit` how many, nullopt = to the end.
  [[nodiscard]] FileResult<std::string> read(std::string_view path, std::optional<std::int64_t> line,
                                             std::optional<std::int64_t> limit) const;
  // Replaces the file as a whole, or makes it, with the folders that are missing. nullopt = done.
  [[nodiscard]] std::optional<FileProblem> write(std::string_view path, std::string_view content) const;
  // The real path of a folder in the workspace.
  [[nodiscard]] FileResult<std::string> folder(std::string_view path) const;
  // Whether the path could be used at all, for asking before anything is done.
  [[nodiscard]] std::optional<FileProblem> check(std::string_view path) const;

 private:
  // The path below the folder, "." for the folder itself; nullopt = outside.
  [[nodiscard]] std::optional<std::string> below(std::string_view path) const;
  [[nodiscard]] exec::Fd open_beneath(const std::string& relative, int flags) const;
  [[nodiscard]] exec::Fd make_folders(const std::string& relative) const;

  std::string named_;  // as configured
  std::string real_;   // with links followed
  exec::Fd root_;
};

}  // namespace asmgr::acp
