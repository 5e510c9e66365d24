// What a key stands for, and the small file that says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sha256.hpp"

namespace asmgr::file_store {

struct Entry {
  std::string key;
  std::string content_type;
  Digest sha256{};
  std::uint64_t bytes = 0;
  std::int64_t created_us = 0;
};

// The longest text of an entry's file that is read.
inline constexpr std::size_t kLongestEntry = std::size_t{64} * 1024;

[[nodiscard]] std::string write_entry(const Entry& entry);
// None: the text is damaged, or not the entry of this key.
[[nodiscard]] std::optional<Entry> read_entry(std::string_view text, std::string_view key);

}  // namespace asmgr::file_store
