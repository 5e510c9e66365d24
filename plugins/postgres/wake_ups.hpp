// Wakes those who wait for changes: at once for commits of this process, for those of others when they tell of them.
#pragma once

#include <asmgr/cpp/cancel.hpp>
#include <asmgr/cpp/host.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connection.hpp"

namespace asmgr::postgres_store {

// Any thread. One thread and one connection of its own do the telling (NOTIFY) and the hearing (LISTEN), so that no
// commit waits for either: many commits are told of by one notification. Behind it the number of the last change is
// read now and then, because notifications may be lost; through a pooler there is only that.
class WakeUps {
 public:
  WakeUps(const Settings& settings, sdk::Logger logger);
  WakeUps(const WakeUps&) = delete;
  WakeUps& operator=(const WakeUps&) = delete;
  // Tells of the last commits, wakes every waiter and waits until they have left.
  ~WakeUps();

  // This process has committed a group whose last change has this number.
  void committed(std::uint64_t last_change);
  // Until a change above `after` is known, the time has passed or the token is cancelled.
  void wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel);

 private:
  using Clock = std::chrono::steady_clock;
  // What the thread has to do next, as the members below say.
  struct Work {
    bool ending = false;
    bool tell = false;   // of commits
    bool asked = false;  // somebody waits
  };

  void run();
  Work work();
  // One round with a connection: tells, hears, reads. Throws DatabaseError.
  void attend(const Work& work);
  void tell();
  void hear();
  void read_latest();
  void tidy();
  // Sleeps until woken, a notification arrives or the time has passed.
  void sleep(bool with_connection, std::chrono::milliseconds longest) const noexcept;
  void announce(std::uint64_t change);
  void wake_thread() const noexcept;

  const Settings& settings_;
  const Dialect sql_;
  const std::string channel_;
  sdk::Logger logger_;
  const int wake_fd_;

  std::mutex mutex_;
  std::condition_variable left_;
  std::uint64_t latest_ = 0;     // guarded by mutex_, as is what follows
  std::uint64_t committed_ = 0;  // of this process's groups
  std::uint64_t told_ = 0;
  std::vector<int> waiters_;  // what each is woken by
  bool ending_ = false;

  // Of the thread alone.
  std::unique_ptr<Connection> connection_;
  Clock::time_point told_at_{};
  Clock::time_point read_at_{};
  bool told_of_newer_ = false;
  Clock::time_point hosts_tidied_at_ = Clock::now();
  std::uint64_t tidied_up_to_ = 0;
  bool warned_ = false;

  std::thread thread_;  // last: it uses the members above
};

}  // namespace asmgr::postgres_store
