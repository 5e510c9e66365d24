// What there is below a folder, by several threads. Follows no link and reads no file.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/workspace/descriptor.hpp"
#include "core/workspace/tree.hpp"

namespace asmgr::workspace {

// Tells one state of a file from another without reading it.
struct FileStat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  // of the inode; cannot be set by a program
  std::uint32_t mode = 0;       // with the kind
  bool operator==(const FileStat&) const = default;
};

struct Found {
  std::string path;
  Kind kind = Kind::file;
  FileStat stat;
};

// What a walk takes. Called by several threads at once; the parent folder of what it is asked about was taken.
class WalkFilter {
 public:
  virtual ~WalkFilter() = default;
  // A folder that is not taken is not entered.
  [[nodiscard]] virtual bool takes(const std::string& path, Kind kind, const FileStat& stat) = 0;
  // Whether a folder that has an entry ".git" is one thing of its own (Kind::repository) and is not entered.
  [[nodiscard]] virtual bool is_repository(const std::string& path) = 0;
};

struct WalkOptions {
  const std::atomic<bool>* stop = nullptr;  // may be null; set: the walk ends with `cancelled`
  bool open_up = false;                     // give this user the right to enter a folder that has none
};

[[nodiscard]] FileStat stat_of(int folder, const std::string& name, int& error_number) noexcept;
[[nodiscard]] FileStat stat_of(int file, int& error_number) noexcept;

// Everything the filter takes, in order of compare_paths; sockets, devices and pipes are passed over. What vanishes
// meanwhile is left out. Errors: storage_error (a folder that cannot be read), cancelled.
[[nodiscard]] Result<std::vector<Found>> walk(int root, WalkFilter& filter, const WalkOptions& options);

}  // namespace asmgr::workspace
