// What keeps the file in shape and must not cost a commit its time: checkpoints, forgetting old changes, tidying up
// after dead hosts. One thread per store.
#pragma once

#include <asmgr/cpp/host.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "database.hpp"
#include "host_locks.hpp"
#include "writer.hpp"

namespace asmgr::sqlite_store {

class Housekeeping {
 public:
  // All but `path` are borrowed and must outlive this.
  Housekeeping(sdk::Logger logger, std::string path, Writer& writer, HostLocks& host_locks, std::string boot_id);
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;
  ~Housekeeping();

 private:
  using Clock = std::chrono::steady_clock;

  static int on_commit(void* self, sqlite3*, const char*, int frames) noexcept;
  void run();
  void pass();
  void checkpoint_if_due();
  // Frames in the log and frames already in the database file.
  struct Progress {
    int logged = 0;
    int moved = 0;
  };
  Progress checkpoint(int mode);
  void truncate_if_idle();
  void forget_old_changes();
  void remove_dead_hosts();
  [[nodiscard]] std::chrono::milliseconds idle_for() const;

  sdk::Logger logger_;
  const std::string path_;
  Writer& writer_;
  HostLocks& host_locks_;
  const std::string boot_id_;

  std::atomic<int> frames_{0};                // in the log, as of our last commit
  std::atomic<std::int64_t> last_commit_{0};  // Clock ticks

  // Of the thread alone.
  std::unique_ptr<Connection> connection_;
  int moved_ = 0;      // frames_ as of the last checkpoint
  int looked_at_ = 0;  // frames_ when old changes were last looked for
  Clock::time_point hosts_due_;
  bool warned_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool wanted_ = false;  // guarded by mutex_, as is what follows
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace asmgr::sqlite_store
