// One lock file per host beside the database: the kernel frees a flock when its process is gone, however it went, so
// that others need not wait for the host's row to expire.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace asmgr::sqlite_store {

// Microseconds since the machine started, standing still never: suspended time counts, the wall clock does not.
std::int64_t boot_clock_us() noexcept;
// Random per start of the machine: times of boot_clock_us compare only where it is the same.
std::string read_boot_id();

// Any thread.
class HostLocks {
 public:
  enum class Holder : std::uint8_t {
    alive,    // some process holds the lock
    gone,     // the file is there and nobody holds it
    unknown,  // there is no file to ask
  };

  // The files live in the folder `database_path`.hosts, made with the first lock.
  explicit HostLocks(const std::string& database_path) : folder_(database_path + ".hosts") {}
  HostLocks(const HostLocks&) = delete;
  HostLocks& operator=(const HostLocks&) = delete;
  // Lets go of every lock: the hosts held here are dead at once.
  ~HostLocks();

  // Takes the host's lock and keeps it; again is fine. Throws STORAGE_CONNECTION.
  void hold(std::string_view host_id);
  // Lets go of it and removes the file.
  void release(std::string_view host_id);
  [[nodiscard]] Holder holder(std::string_view host_id) const;
  // Removes the files nobody holds whose host `known` does not know. Files younger than a minute stay: their host may
  // be about to write its row.
  void remove_stale(const std::function<bool(std::string_view file_name)>& known) const;
  // The name a host's file has.
  static std::string file_name(std::string_view host_id);

 private:
  [[nodiscard]] std::string path_of(std::string_view host_id) const { return folder_ + "/" + file_name(host_id); }

  std::string folder_;
  mutable std::mutex mutex_;
  std::map<std::string, int, std::less<>> held_;  // descriptors; guarded by mutex_
};

}  // namespace asmgr::sqlite_store
