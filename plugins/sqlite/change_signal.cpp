#include "change_signal.hpp"

#include <algorithm>
#include <chrono>

namespace asmgr::sqlite_store {
namespace {

// Half of what a waiter may be late for another process's commit leaves room for a busy machine.
constexpr std::chrono::milliseconds kPollEvery{20};
constexpr std::uint64_t kLongestWaitMs = 86'400'000;

}  // namespace

ChangeSignal::~ChangeSignal() {
  std::unique_lock lock(mutex_);
  ending_ = true;
  announced_.notify_all();
  announced_.wait(lock, [this] { return waiting_ == 0; });
}

void ChangeSignal::announce(std::uint64_t change) {
  const std::lock_guard lock(mutex_);
  latest_ = std::max(latest_, change);
  if (waiting_ != 0) announced_.notify_all();
}

void ChangeSignal::poll() {
  const std::lock_guard lock(poll_mutex_);
  if (connection_ == nullptr) {
    connection_ = std::make_unique<Connection>(path_, Access::read_only);
    connection_->wait_for_locks(lock_wait_ms_);
  }
  std::int64_t version = 0;
  {
    Rows rows = connection_->statement("PRAGMA data_version").query();
    if (rows.next()) version = rows.integer(0);
  }
  if (version == seen_version_) return;
  std::uint64_t latest = 0;
  {
    Rows rows = connection_->statement("SELECT first + count - 1 FROM changes ORDER BY first DESC LIMIT 1").query();
    if (rows.next()) latest = rows.number(0);
  }
  seen_version_ = version;
  announce(latest);
}

void ChangeSignal::wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::min(timeout_ms, kLongestWaitMs));
  std::unique_lock lock(mutex_);
  ++waiting_;
  while (latest_ <= after && !ending_ && !cancel.cancelled()) {
    lock.unlock();
    try {
      poll();
    } catch (...) {
      lock.lock();
      --waiting_;
      if (ending_) announced_.notify_all();
      throw;
    }
    lock.lock();
    if (latest_ > after || ending_) break;
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) break;
    announced_.wait_until(lock, std::min(until, now + kPollEvery));
  }
  --waiting_;
  if (ending_) announced_.notify_all();
}

}  // namespace asmgr::sqlite_store
