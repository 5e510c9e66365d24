// SQLite's own seam for files, made to fail on order. The store's plugin and the tests use the same SQLite library, so
// a default file system registered here is the store's too.
#pragma once

#include <atomic>
#include <cstdint>

namespace asmgr::contract {

// Counts down with every write (or sync) of a write-ahead log; the one that reaches zero, and those after it when
// `stays`, fail with `code`. Nothing fails while `left` is negative.
struct FaultPlan {
  std::atomic<std::int64_t> writes_left{-1};
  std::atomic<std::int64_t> syncs_left{-1};
  std::atomic<std::int64_t> bytes_left{-1};  // of the log: what would make it longer than this fails with SQLITE_FULL
  std::atomic<int> code{0};
  std::atomic<bool> stays{false};
  std::atomic<int> failed{0};  // how often

  void heal() {
    writes_left = syncs_left = bytes_left = -1;
    stays = false;
  }
};

// Registers itself as SQLite's default file system while it lives. One at a time.
class FaultyVfs {
 public:
  explicit FaultyVfs(FaultPlan& plan);
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  ~FaultyVfs();
};

}  // namespace asmgr::contract
