#include "core/engine/store_host.hpp"

#include <asmgr/abi/host.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "core/engine/artifact_registry.hpp"

namespace asmgr {
namespace {

constexpr std::chrono::milliseconds kChangeWait{1000};
constexpr std::chrono::milliseconds kWaiterPace{100};

class StandaloneRequest final : public CommitRequest {
 public:
  explicit StandaloneRequest(std::function<void(const CommitStatus&, UnitResult&)> handler)
      : handler_(std::move(handler)) {}
  void committed(const CommitStatus& status) override {
    const std::unique_ptr<StandaloneRequest> self(this);
    handler_(status, result);
  }

 private:
  std::function<void(const CommitStatus&, UnitResult&)> handler_;
};

}  // namespace

StoreHost::StoreHost(std::shared_ptr<Store> store, Options options)
    : store_(std::move(store)),
      options_(std::move(options)),
      readers_(static_cast<std::size_t>(std::clamp(store_->info().readers, 1, 16))),
      audit_(std::make_unique<AuditLog>(*this, options_.clock != nullptr ? *options_.clock : system_clock(),
                                        options_.log, options_.observer)),
      commits_(std::make_unique<CommitGroups>(*store_, options_.schedule, options_.observer)) {}

void StoreHost::end_reads() {
  audit_->finish({});  // its timer holds the readers
  {
    std::lock_guard lock(change_mutex_);
    change_stop_.cancel();
  }
  {
    std::lock_guard lock(waiter_mutex_);
    waiter_stopping_ = true;
  }
  waiter_wake_.notify_all();
  if (waiter_thread_.joinable()) waiter_thread_.join();
  if (change_thread_.joinable()) change_thread_.join();
  readers_.join();
}

StoreHost::~StoreHost() {
  end_reads();
  let_row_expire();
  if (lease_thread_.joinable()) lease_thread_.join();
  commits_.reset();
  if (registered_) {
    if (auto removed = store_->remove_host(options_.host_id); !removed) {
      options_.log({.level = ASMGR_LOG_WARN,
                    .message = "store '" + options_.name + "': this host's row could not be removed (" +
                               removed.error().message() + "); it expires by itself",
                    .plugin = options_.name});
    }
  }
}

void StoreHost::read(std::function<void()> work, Inline where) {
  if (where == Inline::yes) {
    work();
  } else {
    boost::asio::post(readers_, std::move(work));
  }
}

std::unique_ptr<boost::asio::steady_timer> StoreHost::after(std::chrono::milliseconds pause,
                                                            std::function<void()> work) {
  auto timer = std::make_unique<boost::asio::steady_timer>(readers_, pause);
  timer->async_wait([work = std::move(work)](const boost::system::error_code& cancelled) {
    if (!cancelled) work();
  });
  return timer;
}

void StoreHost::write(CommitUnit unit, std::function<void(const CommitStatus&, UnitResult&)> handler) {
  auto request = std::make_unique<StandaloneRequest>(std::move(handler));
  request->unit = std::move(unit);
  commits_->submit(*request.release());
}

void StoreHost::write(CommitUnit unit, const AuditAct& act,
                      std::function<void(const CommitStatus&, UnitResult&)> handler) {
  const AuditLog::EntryPtr entry = audit_->entry(act);
  auto request = std::make_unique<StandaloneRequest>(
      [this, entry, handler = std::move(handler)](const CommitStatus& status, UnitResult& result) {
        const bool written = status.outcome == CommitOutcome::filled && result.answer == CommitAnswer::ok;
        if (!written) {
          audit_->undone({&entry, 1}, status.error.value_or(result.error.value_or(Error(ErrorCode::version_conflict))));
        }
        handler(status, result);
      });
  request->unit = std::move(unit);
  audit_->submit(*request.release(), {&entry, 1});
}

Result<void> StoreHost::register_now() {
  std::lock_guard lock(lease_mutex_);
  if (registered_) return {};
  if (lease_stopping_) return Error(ErrorCode::cancelled, "this host is shutting down");
  auto expires = store_->renew_host(options_.host_id, options_.host_ttl);
  if (!expires) return expires.error();
  registered_ = true;
  renewed_ns_ = options_.clock->monotonic_ns();
  lease_thread_ = std::thread([this] { renew_loop(); });
  return {};
}

void StoreHost::register_host(Inline where, std::function<void(Result<void>)> handler) {
  if (renewed_ns_.load(std::memory_order_acquire) != 0) {
    handler({});
    return;
  }
  read([this, handler = std::move(handler)] { handler(register_now()); }, where);
}

Result<std::string> StoreHost::artifact_mark() {
  std::lock_guard lock(mark_mutex_);
  if (!mark_.empty()) return mark_;
  auto mark = make_artifact_mark(*store_);
  if (mark) mark_ = *mark;
  return mark;
}

void StoreHost::let_row_expire() {
  {
    std::lock_guard lock(lease_mutex_);
    lease_stopping_ = true;
  }
  lease_wake_.notify_all();
}

void StoreHost::renew_loop() {
  std::unique_lock lock(lease_mutex_);
  while (!lease_wake_.wait_for(lock, options_.host_ttl / 3, [this] { return lease_stopping_; })) {
    lock.unlock();
    auto expires = store_->renew_host(options_.host_id, options_.host_ttl);
    if (expires) {
      renewed_ns_ = options_.clock->monotonic_ns();
    } else {
      options_.log({.level = ASMGR_LOG_WARN,
                    .message = "store '" + options_.name + "': this host's row could not be renewed: " +
                               expires.error().message() + "; other hosts may take its sessions",
                    .plugin = options_.name});
    }
    lock.lock();
  }
}

void StoreHost::watch_changes() {
  std::lock_guard lock(change_mutex_);
  if (change_started_ || change_stop_.cancelled() || store_->changes() == nullptr) return;
  change_started_ = true;
  change_thread_ = std::thread([this] { change_loop(); });
}

void StoreHost::change_loop() {
  ChangeFeed& feed = *store_->changes();
  std::uint64_t seen = 0;
  if (auto latest = feed.latest()) seen = *latest;
  // What came before this thread was there.
  options_.on_change(*this, Change{seen, Change::kEvents | Change::kSession | Change::kRuns | Change::kRecords, 0, {}});
  run_waiters(nullptr);
  while (!change_stop_.cancelled()) {
    feed.wait(seen, kChangeWait, change_stop_);
    auto changes = feed.read(seen, 1000);
    if (!changes) {
      if (changes.error().code() == ErrorCode::cursor_expired) {
        if (auto latest = feed.latest()) seen = *latest;
        options_.on_change(*this,
                           Change{seen, Change::kEvents | Change::kSession | Change::kRuns | Change::kRecords, 0, {}});
        for (const auto& topic : topics_.all()) topic->poke();
      } else {
        change_stop_.wait_for(std::chrono::milliseconds(100));
      }
      run_waiters(nullptr);
      continue;
    }
    for (const Change& change : *changes) {
      seen = std::max(seen, change.change);
      options_.on_change(*this, change);
      run_waiters(&change.session_id);
    }
  }
}

void StoreHost::wait_until(std::string session_id, std::function<bool()> check) {
  auto waiter = std::make_shared<Waiter>();
  waiter->session_id = std::move(session_id);
  waiter->check = std::move(check);
  {
    std::unique_lock lock(waiter_mutex_);
    if (waiter_stopping_) {  // the last question; the process ends, and that is the answer
      lock.unlock();
      (void)waiter->check();
      return;
    }
    waiters_.push_back(std::move(waiter));
    if (!waiter_thread_.joinable()) {
      waiter_thread_ = std::thread([this] {
        std::unique_lock waiting(waiter_mutex_);
        while (!waiter_wake_.wait_for(waiting, kWaiterPace, [this] { return waiter_stopping_; })) {
          waiting.unlock();
          run_waiters(nullptr);
          waiting.lock();
        }
      });
    }
  }
  watch_changes();
  run_waiters(nullptr);
}

void StoreHost::run_waiters(const std::string* session_id) {
  std::lock_guard lock(waiter_mutex_);
  std::erase_if(waiters_, [](const auto& waiter) { return waiter->done.load(); });
  if (waiter_stopping_) return;
  for (const auto& waiter : waiters_) {
    if (session_id != nullptr && waiter->session_id != *session_id) continue;
    if (waiter->queued.exchange(true)) continue;
    boost::asio::post(readers_, [waiter] {
      if (!waiter->done.load() && waiter->check()) waiter->done = true;
      waiter->queued = false;
    });
  }
}

void StoreHost::ask_waiters() {
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    std::lock_guard lock(waiter_mutex_);
    waiters = waiters_;
  }
  for (const auto& waiter : waiters) {
    if (waiter->queued.exchange(true)) continue;  // a reader asks it right now
    if (!waiter->done.load() && waiter->check()) waiter->done = true;
    waiter->queued = false;
  }
}

bool StoreHost::healthy(std::string& why) const {
  const std::int64_t now = options_.clock->monotonic_ns();
  const std::int64_t since = commits_->running_since();
  if (since != 0 && now - since > std::chrono::nanoseconds(options_.store_retry).count()) {
    why = "store '" + options_.name + "': a commit has not come back for " +
          std::to_string((now - since) / 1'000'000'000) + " s";
    return false;
  }
  const std::int64_t renewed = renewed_ns_.load();
  if (renewed != 0 && now - renewed > std::chrono::nanoseconds(options_.host_ttl).count()) {
    why = "store '" + options_.name + "': this host's row could not be renewed in time";
    return false;
  }
  return true;
}

}  // namespace asmgr
