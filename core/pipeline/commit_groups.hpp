// Commit groups: leader and followers per store. Who finds the store idle commits at once everything that is ready;
// what arrives meanwhile forms the next group. No timer, no batching delay.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "core/ports/observer.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// One unit on its way into the store. Owned by whoever submits it, who keeps it alive until `committed` is called.
class CommitRequest {
 public:
  virtual ~CommitRequest() = default;
  CommitUnit unit;
  UnitResult result;
  // Called once, on the leader's or the commit thread: `result` is filled when the outcome is `filled`. Must not block
  // and must not submit to the same store inside the call (post it to a serialiser instead).
  virtual void committed(const CommitStatus& status) = 0;
};

class CommitGroups {
 public:
  static constexpr std::size_t kMaxUnits = 512;

  // `schedule` runs a function on an engine thread, for a leader that has done its own share. `observer` (may be null)
  // is told of each group; it outlives the groups.
  CommitGroups(Store& store, std::function<void(std::function<void()>)> schedule, Observer* observer = nullptr);
  ~CommitGroups();
  // Waits until everything submitted has been committed; what is submitted afterwards fails with `cancelled`, inside
  // submit. While it waits, what `schedule` was given must be run.
  void finish();

  void submit(CommitRequest& request);
  // All of them in one call of the store, as long as they fit into one and no unit of their sessions waits already.
  void submit(std::span<CommitRequest* const> requests);

  // For the metrics and the tests: commit calls and units so far.
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t units() const noexcept { return units_.load(std::memory_order_relaxed); }
  // Nanoseconds (monotonic) since when one commit call has not returned; 0 = none is running.
  [[nodiscard]] std::int64_t running_since() const noexcept { return running_since_.load(std::memory_order_relaxed); }

 private:
  using Group = std::vector<CommitRequest*>;
  void lead();
  void commit_thread();
  Group next_group();                                // under the lock; empty = nothing to do
  bool commit(Group& group, std::uint64_t wait_us);  // false: busy, nothing was written
  void observe(const Group& group, std::span<const UnitResult> results, CommitOutcome outcome,
               std::int64_t began) const;
  Store& store_;
  std::function<void(std::function<void()>)> schedule_;
  Observer* observer_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::deque<CommitRequest*> pending_;
  Group handed_over_;     // a group the leader found the store too busy for
  bool leading_ = false;  // somebody is committing: a leader or the commit thread
  bool thread_leads_ = false;
  bool stopping_ = false;
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> units_{0};
  std::atomic<std::int64_t> running_since_{0};
  std::thread thread_;  // started when first needed
};

}  // namespace asmgr
