// Walks the entries below `keys` in the order of their keys.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "folder.hpp"

namespace asmgr::file_store {

// Which keys: those that begin with `prefix` and come after `after` (byte for byte; empty = from the first).
struct KeyRange {
  std::string_view prefix;
  std::string_view after;
};

// Return false to stop. The entry may be gone when its file is opened.
using EntryVisitor = std::function<bool(const std::string& key, const Folder& folder, const std::string& file)>;

// False when the visitor stopped it. Throws std::system_error.
bool walk_entries(const Folder& keys, const KeyRange& range, const EntryVisitor& visit);

}  // namespace asmgr::file_store
