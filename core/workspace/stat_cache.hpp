// What the last look at a folder found, so that the next one reads only what has changed since.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/workspace/tree.hpp"
#include "core/workspace/walk.hpp"

namespace asmgr::workspace {

struct CachedEntry {
  TreeEntry entry;
  FileStat stat;
  bool settled = false;  // the state was older than the clock's grain when it was read: a later change shows in it
  bool operator==(const CachedEntry&) const = default;
};

struct StatCache {
  std::vector<CachedEntry> entries;  // in order of compare_paths
  std::vector<std::string> ignored;  // in order; what the rules of git left out
  std::string rules;                 // what those rules were
  std::string notes;                 // the backend's own

  [[nodiscard]] const CachedEntry* find(std::string_view path) const noexcept;
  [[nodiscard]] bool ignores(std::string_view path) const noexcept;
  bool operator==(const StatCache&) const = default;
};

[[nodiscard]] std::string to_bytes(const StatCache& cache);
// Empty when it is damaged or of another version: everything is read again then.
[[nodiscard]] StatCache cache_from_bytes(std::string_view bytes);

}  // namespace asmgr::workspace
