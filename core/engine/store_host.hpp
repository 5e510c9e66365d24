// One store as the engine uses it: its commit groups, its readers, this host's row in it, and what tells that something
// changed.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/audit_log.hpp"
#include "core/engine/log_line.hpp"
#include "core/pipeline/commit_groups.hpp"
#include "core/pipeline/topic.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// Where a piece of work may run.
enum class Inline : std::uint8_t {
  no,   // on a thread meant for it
  yes,  // on this thread: it is a caller's, and waits anyway
};

class StoreHost {
 public:
  struct Options {
    std::string name;
    std::string host_id;
    std::chrono::milliseconds host_ttl{10'000};
    std::chrono::milliseconds store_retry{30'000};  // how long a write may fail before it is given up
    const Clock* clock = nullptr;
    std::function<void(std::function<void()>)> schedule;  // onto an engine thread
    EngineLog log;
    std::function<void(StoreHost&, const Change&)> on_change;  // on the watcher's thread; must not block
    Observer* observer = nullptr;                              // may be null
  };
  StoreHost(std::shared_ptr<Store> store, Options options);
  // Ends what is still running and removes this host's row.
  ~StoreHost();
  // Waits for all reads; none begins afterwards, and no change is reported.
  void end_reads();
  StoreHost(const StoreHost&) = delete;
  StoreHost& operator=(const StoreHost&) = delete;

  [[nodiscard]] Store& store() noexcept { return *store_; }
  [[nodiscard]] const std::string& name() const noexcept { return options_.name; }
  [[nodiscard]] const std::string& host_id() const noexcept { return options_.host_id; }
  [[nodiscard]] std::chrono::milliseconds store_retry() const noexcept { return options_.store_retry; }
  [[nodiscard]] CommitGroups& commits() noexcept { return *commits_; }
  [[nodiscard]] TopicTable& topics() noexcept { return topics_; }
  [[nodiscard]] AuditLog& audit() noexcept { return *audit_; }

  // Runs `work` on a reader thread, or right here.
  void read(std::function<void()> work, Inline where);

  // Runs `work` on a reader thread in a while, unless the timer is cancelled before.
  [[nodiscard]] std::unique_ptr<boost::asio::steady_timer> after(std::chrono::milliseconds pause,
                                                                 std::function<void()> work);

  // A unit of its own that needs no ownership. The handler runs on whatever thread finished it.
  void write(CommitUnit unit, std::function<void(const CommitStatus&, UnitResult&)> handler);
  // The same, with the act on record in the same commit call.
  void write(CommitUnit unit, const AuditAct& act, std::function<void(const CommitStatus&, UnitResult&)> handler);

  // Makes sure that this host has a living row before it takes a session; the first call writes it (here, or on a
  // reader thread when `where` is no). Errors: the store's.
  void register_host(Inline where, std::function<void(Result<void>)> handler);

  // For a host that is left behind with a thread inside a plugin: others may take what it owned once its row has
  // expired.
  void let_row_expire();

  // The store's mark in the keys of artifacts, made when it is first needed. Blocks.
  [[nodiscard]] Result<std::string> artifact_mark();

  // Starts the thread that waits for changes made elsewhere; does nothing for a store that has no feed.
  void watch_changes();
  // Calls `check` on a reader thread whenever `session_id` may have changed (and every 100 ms in any case) until it
  // returns true. For waiting on what another process does.
  void wait_until(std::string session_id, std::function<bool()> check);
  // Calls every check once more, here: for a process that ends, in which each answers for that.
  void ask_waiters();

  // Not ready: a commit has not come back for store_retry, or the host row could not be renewed.
  [[nodiscard]] bool healthy(std::string& why) const;

 private:
  struct Waiter {
    std::string session_id;
    std::function<bool()> check;
    std::atomic<bool> queued{false};
    std::atomic<bool> done{false};
  };
  void renew_loop();
  void change_loop();
  void run_waiters(const std::string* session_id);
  Result<void> register_now();

  std::shared_ptr<Store> store_;
  Options options_;
  TopicTable topics_;
  boost::asio::thread_pool readers_;
  std::unique_ptr<AuditLog> audit_;  // after the readers, on whom its timer is
  std::unique_ptr<CommitGroups> commits_;

  std::mutex mark_mutex_;
  std::string mark_;  // empty = not known yet

  std::mutex lease_mutex_;
  std::condition_variable lease_wake_;
  bool registered_ = false;
  bool lease_stopping_ = false;
  std::atomic<std::int64_t> renewed_ns_{0};
  std::thread lease_thread_;

  std::mutex change_mutex_;
  bool change_started_ = false;
  CancelToken change_stop_;
  std::thread change_thread_;
  std::mutex waiter_mutex_;
  std::condition_variable waiter_wake_;
  bool waiter_stopping_ = false;
  std::vector<std::shared_ptr<Waiter>> waiters_;
  std::thread waiter_thread_;
};

}  // namespace asmgr
