// A connection that writes, its transactions, and what becomes of one whose answer was lost.
#pragma once

#include <asmgr/cpp/host.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "group_state.hpp"

namespace asmgr::postgres_store {

// What a group has done, once it is committed.
struct GroupOutcome {
  std::vector<store_rules::UnitPlan> plans;  // borrow from the units
  std::uint64_t last_change = 0;             // 0 = nothing was written
};

// What removes a session announces it with: the one row that every writer changes, so the last statement of its
// transaction. Answers the number of the change.
[[nodiscard]] Request removal_change(const Dialect& sql, std::string_view session_id);

// Belongs to whoever holds a WriterLock, or has made it for itself.
//
// A transaction first writes its number into this writer's row in `writers`, which locks it. So when the connection
// breaks before COMMIT has been answered, the next transaction waits for that lock until the server has ended the
// broken one, and the number says whether it was committed: nothing is ever written twice, and nobody has to guess.
class Writer {
 public:
  // Connects, trying for so long, and brings the schema up to date where the settings allow it. Throws DatabaseError,
  // MIGRATION_REQUIRED.
  Writer(const Settings& settings, std::chrono::milliseconds patience);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Takes its row away, when the connection still works.
  ~Writer();

  // The units [first, first + count) in one transaction, repeated as long as the server is gone or others come between.
  // Throws BUSY and others when nothing was written, STORAGE_AMBIGUOUS when the server stays away and nobody knows.
  GroupOutcome commit(Units units, std::size_t first, std::size_t count, const Deadline& for_locks);
  // Answers the number of the change, 0 when there is no such session. Throws STALE_EPOCH.
  std::uint64_t delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch,
                               const Deadline& for_locks);
  // What `work` does with the connection it is given, in one transaction, repeated as that of commit() is: each time it
  // begins from nothing. What it throws ends the transaction without effect. Once this has returned, the last time is
  // the one that counts.
  using Work = std::function<void(Connection&)>;
  void transact(const Work& work, const Deadline& for_locks);

  // Whether a commit was answered with STORAGE_AMBIGUOUS and none has come through since: any thread.
  [[nodiscard]] bool in_doubt() const noexcept { return in_doubt_.load(); }
  [[nodiscard]] const std::string& id() const noexcept { return id_; }

 private:
  friend class WriterLock;
  // One transaction whose COMMIT may have been carried out.
  struct Attempt {
    std::uint64_t serial = 0;
    bool sent = false;
    GroupOutcome outcome;
  };

  GroupOutcome try_commit(Units units, std::size_t first, std::size_t count, const Deadline& for_locks,
                          Attempt& attempt);
  std::uint64_t try_delete(std::string_view tenant, std::string_view id, std::uint64_t epoch,
                           const Deadline& for_locks);
  void try_work(const Work& work, const Deadline& for_locks, Attempt& attempt);
  // What a transaction was answered first.
  struct Opened {
    std::vector<Result> answers;
    std::size_t from = 0;    // answers from here on are to what was asked
    bool counted = false;    // the attempt's number is in the writer's row
    std::uint64_t last = 0;  // else the number that is there
  };
  // Sends BEGIN, the limits of this transaction and what locks the writer's row, then `requests`. A new attempt writes
  // its number at once, one without a number never does.
  Opened open(std::vector<Request>&& requests, const Deadline& for_locks, const Attempt& attempt);
  [[nodiscard]] Request numbering(const Attempt& attempt) const;
  // The same limits for the whole session, which is then not told them again: without a pooler it is ours alone.
  void limit_session(std::chrono::milliseconds wait);
  // Connected, and with a row in `writers`.
  Connection& connection();
  template <typename Try>
  auto repeat(Attempt& attempt, Try one_try) -> decltype(one_try());

  const Settings& settings_;
  const Dialect sql_;
  const std::string id_;
  std::unique_ptr<Connection> connection_;
  std::chrono::milliseconds session_wait_{-1};  // for locks, as the connection was told; -1 = nothing
  bool registered_ = false;
  std::uint64_t serial_ = 0;
  std::atomic<bool> in_doubt_{false};

  std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;  // guarded by mutex_
};

// Holds the writer. Throws BUSY when it is not free in time.
class WriterLock {
 public:
  WriterLock(Writer& writer, const Deadline& deadline);
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock();

  [[nodiscard]] Writer* operator->() const noexcept { return &writer_; }
  [[nodiscard]] Writer& operator*() const noexcept { return writer_; }

 private:
  Writer& writer_;
};

}  // namespace asmgr::postgres_store
