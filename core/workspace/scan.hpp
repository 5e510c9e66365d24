// A folder as a tree: walked, and what changed since the last look read and kept.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "core/workspace/contents.hpp"
#include "core/workspace/stat_cache.hpp"
#include "core/workspace/walk.hpp"

namespace asmgr::workspace {

struct ScanOptions {
  const std::atomic<bool>* stop = nullptr;  // may be null
  bool open_up = false;                     // as WalkOptions
  bool read_everything = false;             // trust no stat
};

struct Scan {
  Tree tree;
  std::vector<CachedEntry> entries;  // for the next one; the same paths as the tree
  std::uint64_t files_read = 0;
  std::uint64_t bytes_read = 0;
};

// Looks into a repository within the folder: the commit that stands for it.
using NestedCommit = std::function<Result<ContentId>(const std::string& path)>;

// `nested` may be empty when the filter keeps no repositories apart. Errors: storage_error, storage_full, cancelled.
[[nodiscard]] Result<Scan> scan(int root, WalkFilter& filter, const StatCache& cache, const OpenContents& contents,
                                const NestedCommit& nested, const ScanOptions& options);

}  // namespace asmgr::workspace
