#include "wake_ups.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "tidying.hpp"

namespace asmgr::postgres_store {
namespace {

using std::chrono::milliseconds;

// A notification takes a lock of the whole database at its commit: no host sends more than a hundred a second.
constexpr milliseconds kBetweenNotifications{10};
constexpr milliseconds kReadEvery{250};             // through a pooler
constexpr milliseconds kReadBehindListening{1000};  // for notifications that were lost
constexpr milliseconds kForEver{3'600'000};
constexpr milliseconds kLookForCancel{20};  // where a token has no descriptor
constexpr std::uint64_t kLongestWaitMs = 86'400'000;
constexpr std::uint64_t kChangesPerTidying = 8192;
constexpr std::chrono::minutes kHostsEvery{10};

void signal(int fd) noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!write(fd, &one, sizeof(one)));
}

void drain(int fd) noexcept {
  std::uint64_t count = 0;
  static_cast<void>(!read(fd, &count, sizeof(count)));
}

int make_signal() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw sdk::StatusError(ASMGR_E_INTERNAL, "no descriptor is left to wait with; raise the limit of files");
  return fd;
}

}  // namespace

WakeUps::WakeUps(const Settings& settings, sdk::Logger logger)
    : settings_(settings),
      sql_(settings.schema),
      channel_("asmgr_" + settings.schema),
      logger_(std::move(logger)),
      wake_fd_(make_signal()),
      thread_([this] { run(); }) {}

WakeUps::~WakeUps() {
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    for (const int waiter : waiters_) signal(waiter);
    wake_thread();
    left_.wait(lock, [this] { return waiters_.empty(); });
  }
  thread_.join();
  close(wake_fd_);
}

void WakeUps::wake_thread() const noexcept {
  signal(wake_fd_);
}

void WakeUps::announce(std::uint64_t change) {
  const std::lock_guard lock(mutex_);
  if (change <= latest_) return;
  latest_ = change;
  for (const int waiter : waiters_) signal(waiter);
}

void WakeUps::committed(std::uint64_t last_change) {
  announce(last_change);
  {
    const std::lock_guard lock(mutex_);
    ++committed_;
  }
  wake_thread();
}

void WakeUps::wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel) {
  const Deadline until(milliseconds(std::min(timeout_ms, kLongestWaitMs)));
  const int mine = make_signal();
  std::unique_lock lock(mutex_);
  waiters_.push_back(mine);
  if (waiters_.size() == 1) wake_thread();
  while (latest_ <= after && !ending_ && !cancel.cancelled() && !until.passed()) {
    lock.unlock();
    const int cancel_fd = cancel.fd();
    const milliseconds longest = cancel_fd < 0 ? std::min(until.left(), kLookForCancel) : until.left();
    pollfd watched[] = {{mine, POLLIN, 0}, {cancel_fd, POLLIN, 0}};  // poll passes over a -1
    if (::poll(watched, 2, static_cast<int>(longest.count())) > 0) drain(mine);
    lock.lock();
  }
  waiters_.erase(std::find(waiters_.begin(), waiters_.end(), mine));
  if (waiters_.empty()) left_.notify_all();
  lock.unlock();
  close(mine);
}

WakeUps::Work WakeUps::work() {
  const std::lock_guard lock(mutex_);
  return {ending_, told_ != committed_, !waiters_.empty()};
}

void WakeUps::run() {
  milliseconds pause{10};
  while (true) {
    const Work now = work();
    try {
      if (now.tell || (now.asked && !now.ending)) {
        attend(now);
      } else if (!now.ending) {
        if (connection_ != nullptr) hear();
        sleep(true, kForEver);
      }
      pause = milliseconds(10);
      warned_ = false;
    } catch (const DatabaseError& error) {
      connection_.reset();
      if (now.ending) return;  // others will read it
      if (!warned_ && pause >= milliseconds(500)) {
        logger_.warn("cannot tell other hosts of commits, nor hear of theirs: " + error.message());
        warned_ = true;
      }
      sleep(false, pause);
      pause = std::min(pause * 2, milliseconds(500));
      continue;
    }
    if (now.ending && !work().tell) return;
  }
}

void WakeUps::attend(const Work& now) {
  const bool listens = settings_.pooler == Pooler::none;
  if (connection_ == nullptr) {
    connection_ = std::make_unique<Connection>(settings_);
    if (listens) connection_->execute("LISTEN \"" + channel_ + "\"");
    read_at_ = {};  // what was told before that is found by reading
  }
  if (now.tell) tell();
  if (listens) hear();
  const milliseconds every = listens ? kReadBehindListening : kReadEvery;
  if (told_of_newer_ || Clock::now() - read_at_ >= every) read_latest();
  tidy();
  if (listens) hear();  // what came with the answers no longer wakes a sleeper
  const Work after = work();
  if (after.ending || after.tell || told_of_newer_) return;
  const auto next_read = std::chrono::ceil<milliseconds>(read_at_ + every - Clock::now());
  if (after.asked) sleep(listens, std::max(next_read, milliseconds(0)));
}

void WakeUps::tell() {
  const auto left = std::chrono::ceil<milliseconds>(told_at_ + kBetweenNotifications - Clock::now());
  if (left.count() > 0) std::this_thread::sleep_for(left);
  std::uint64_t upto = 0;
  std::uint64_t change = 0;
  {
    const std::lock_guard lock(mutex_);
    upto = committed_;
    change = latest_;
  }
  connection_->execute("SELECT pg_notify($1, $2)", std::move(Parameters().text(channel_).text(std::to_string(change))));
  told_at_ = Clock::now();
  const std::lock_guard lock(mutex_);
  told_ = upto;
}

// Everybody who may connect to the database may notify: what is told is a reason to look, never believed.
void WakeUps::hear() {
  connection_->take_in();
  while (PGnotify* told = PQnotifies(connection_->raw())) {
    const std::uint64_t change = std::strtoull(told->extra, nullptr, 10);
    PQfreemem(told);
    const std::lock_guard lock(mutex_);
    told_of_newer_ = told_of_newer_ || change > latest_;
  }
}

void WakeUps::read_latest() {
  told_of_newer_ = false;
  const Result answer = connection_->execute(sql_("SELECT last_change FROM @state"));
  read_at_ = Clock::now();
  announce(answer.number(0, 0));
}

void WakeUps::tidy() {
  std::uint64_t latest = 0;
  {
    const std::lock_guard lock(mutex_);
    latest = latest_;
  }
  if (latest >= tidied_up_to_ + kChangesPerTidying) {
    forget_old_changes(*connection_, sql_);
    tidied_up_to_ = latest;
  }
  if (Clock::now() - hosts_tidied_at_ < kHostsEvery) return;
  forget_gone_hosts(*connection_, sql_);
  hosts_tidied_at_ = Clock::now();
}

void WakeUps::sleep(bool with_connection, milliseconds longest) const noexcept {
  const int socket = with_connection && connection_ != nullptr ? PQsocket(connection_->raw()) : -1;
  pollfd watched[] = {{wake_fd_, POLLIN, 0}, {socket, POLLIN, 0}};
  if (::poll(watched, 2, static_cast<int>(longest.count())) > 0 && watched[0].revents != 0) drain(wake_fd_);
}

}  // namespace asmgr::postgres_store
