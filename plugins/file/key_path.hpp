// Where the entry of a key is: the key's bytes in steps of 64, each written so that it is a harmless file name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::file_store {

inline constexpr std::size_t kLongestKey = 4096;

// All steps but the last are folders ("...+"), the last one is a file ("...="). Walking a folder's names in the order
// of what they stand for, a file before the folder of the same step, is the order of the keys.
struct KeyPath {
  std::vector<std::string> folders;
  std::string file;
};

[[nodiscard]] KeyPath path_of_key(std::string_view key);

// One name below `keys`.
struct KeyStep {
  std::string bytes;  // of the key
  bool is_folder = false;
};
// None: no key has a step of that name, so it is somebody else's file.
[[nodiscard]] std::optional<KeyStep> step_of_name(std::string_view name);

// Throws INVALID_INPUT for a key that is empty, too long or not UTF-8.
void check_key(std::string_view key);
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
// The key for a message: in quotes, without control characters, not too long.
[[nodiscard]] std::string shown_key(std::string_view key);

}  // namespace asmgr::file_store
