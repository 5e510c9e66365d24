// What stands in a folder at one moment: paths, kinds, modes and the names of their contents. Values only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"

namespace asmgr::workspace {

// Of a mode.
inline constexpr std::uint32_t kPermissions = 07777;
inline constexpr std::uint32_t kMayExecute = 0100;  // all that git keeps of one

enum class Kind : std::uint8_t {
  file,
  link,        // symbolic; its content is where it points
  folder,      // carries no content of its own
  repository,  // a git repository of its own inside this one; its content is a commit of it
};

// The name of a content: SHA-256, or git's own 20 bytes and zeros.
using ContentId = std::array<std::uint8_t, 32>;

struct TreeEntry {
  std::string path;  // relative, bytes as the file system has them, no slash at either end
  Kind kind = Kind::file;
  std::uint32_t mode = 0;  // of files and folders: the permission bits; else 0
  ContentId content{};     // of folders: zeros
  bool operator==(const TreeEntry&) const = default;
};

// Negative, zero or positive: name by name, so that what lies in a folder stands right behind it, before "folder b".
[[nodiscard]] int compare_paths(std::string_view a, std::string_view b) noexcept;

// In order of compare_paths, no path twice.
struct Tree {
  std::vector<TreeEntry> entries;
  [[nodiscard]] const TreeEntry* find(std::string_view path) const noexcept;
  bool operator==(const Tree&) const = default;
};

struct TreeChange {
  const TreeEntry* before = nullptr;  // null: it was not there
  const TreeEntry* after = nullptr;   // null: it is gone
};
// In order of path; pointers into the two trees.
[[nodiscard]] std::vector<TreeChange> changes_between(const Tree& before, const Tree& after);

// Whether `path` is `folder` or lies in it; everything lies in "".
[[nodiscard]] bool lies_in(std::string_view path, std::string_view folder) noexcept;

[[nodiscard]] std::string hex_of(const ContentId& id, std::size_t bytes);
// Zeros when the text is no hex of that many bytes.
[[nodiscard]] ContentId content_id_from_hex(std::string_view hex) noexcept;

// As bytes for a file, ended by a checksum; and back. Errors: storage_error when it is damaged or cut.
[[nodiscard]] std::string to_bytes(const Tree& tree);
[[nodiscard]] Result<Tree> tree_from_bytes(std::string_view bytes, std::string_view what);
// Names the tree by all that is in it.
[[nodiscard]] ContentId digest_of(const Tree& tree);

}  // namespace asmgr::workspace
