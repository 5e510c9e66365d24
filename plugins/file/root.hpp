// The folder a store lives in, and the folders in it.
#pragma once

#include <string>

#include "folder.hpp"
#include "store_lock.hpp"

namespace asmgr::file_store {

struct Root {
  Folder root;
  Folder keys;
  Folder objects;
  Folder temporary;
};

// Opens the store in `path`, and makes one where there is none. `threads` as for StoreLock.
// Throws STORAGE (other files are there), MIGRATION_REQUIRED (of a newer version), BUSY, or std::system_error.
[[nodiscard]] Root open_root(const std::string& path, Turnstile& threads);

}  // namespace asmgr::file_store
