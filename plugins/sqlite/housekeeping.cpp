#include "housekeeping.hpp"

#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <vector>

namespace asmgr::sqlite_store {
namespace {

using std::chrono::milliseconds;

constexpr int kFramesPerCheckpoint = 1024;  // 4 MiB of log
constexpr int kFramesTooMany = 16384;       // 64 MiB: then a commit may wait for the last stretch
constexpr milliseconds kIdle{500};          // without a commit: what is logged is moved, however little
constexpr milliseconds kLongIdle{5000};     // and a large log file is cut
constexpr std::uintmax_t kLargeLog = 16 << 20;
constexpr std::uint64_t kChangesKept = 65536;
constexpr std::uint64_t kChangesPerTrim = 8192;
constexpr std::chrono::minutes kHostsEvery{10};

}  // namespace

Housekeeping::Housekeeping(sdk::Logger logger, std::string path, Writer& writer, HostLocks& host_locks,
                           std::string boot_id)
    : logger_(std::move(logger)),
      path_(std::move(path)),
      writer_(writer),
      host_locks_(host_locks),
      boot_id_(std::move(boot_id)),
      hosts_due_(Clock::now()) {
  sqlite3_wal_hook(
      writer_.connection().raw(),
      [](void* self, sqlite3* connection, const char* name, int frames) {
        return on_commit(self, connection, name, frames);
      },
      this);
  frames_ = 1;  // what an earlier process has left in the log is moved when we first idle
  thread_ = std::thread([this] { run(); });
}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  sqlite3_wal_hook(writer_.connection().raw(), nullptr, nullptr);
}

int Housekeeping::on_commit(void* self, sqlite3* /*connection*/, const char* /*name*/, int frames) noexcept {
  auto& keeper = *static_cast<Housekeeping*>(self);
  keeper.last_commit_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  const int before = keeper.frames_.exchange(frames, std::memory_order_relaxed);
  if (before / kFramesPerCheckpoint == frames / kFramesPerCheckpoint && frames >= before) return SQLITE_OK;
  {
    const std::lock_guard lock(keeper.mutex_);
    keeper.wanted_ = true;
  }
  keeper.wake_.notify_one();
  return SQLITE_OK;
}

milliseconds Housekeeping::idle_for() const {
  const Clock::time_point last{Clock::duration(last_commit_.load(std::memory_order_relaxed))};
  return std::chrono::duration_cast<milliseconds>(Clock::now() - last);
}

void Housekeeping::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    wake_.wait_for(lock, kIdle, [this] { return wanted_ || ending_; });
    wanted_ = false;
    if (ending_) return;
    lock.unlock();
    try {
      pass();
      warned_ = false;
    } catch (const std::exception& error) {
      // Nothing is lost by putting it off; one line says so until it works again.
      if (!warned_) logger_.warn(std::string("housekeeping of the database is put off: ") + error.what());
      warned_ = true;
    }
    lock.lock();
  }
}

void Housekeeping::pass() {
  if (connection_ == nullptr) connection_ = std::make_unique<Connection>(path_, Access::read_write);
  checkpoint_if_due();
  truncate_if_idle();
  forget_old_changes();
  if (Clock::now() >= hosts_due_) {
    remove_dead_hosts();
    hosts_due_ = Clock::now() + kHostsEvery;
  }
}

Housekeeping::Progress Housekeeping::checkpoint(int mode) {
  Progress progress;
  const int code = sqlite3_wal_checkpoint_v2(connection_->raw(), nullptr, mode, &progress.logged, &progress.moved);
  // Busy: another process does the same, or readers stand in the way. What was moved counts.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
    throw database_error(connection_->raw(), code, true, "move the log into the database");
  return progress;
}

void Housekeeping::checkpoint_if_due() {
  const int frames = frames_.load(std::memory_order_relaxed);
  const int grown = frames >= moved_ ? frames - moved_ : frames;  // less than before: the log began anew
  if (grown == 0 || (grown < kFramesPerCheckpoint && idle_for() < kIdle)) return;
  const Progress progress = checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  if (progress.logged >= kFramesTooMany && progress.moved < progress.logged) {
    // Only when everything is moved does the log begin anew, and a busy writer adds as fast as we move: so it waits.
    const WriterLock writer(writer_, Deadline(milliseconds(1000)));
    checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  }
  moved_ = frames;
}

void Housekeeping::truncate_if_idle() {
  if (idle_for() < kLongIdle) return;
  std::error_code problem;
  const std::uintmax_t size = std::filesystem::file_size(path_ + "-wal", problem);
  if (problem || size < kLargeLog) return;
  checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

void Housekeeping::forget_old_changes() {
  // Nothing was committed here since the last look: others forget for themselves.
  const int frames = frames_.load(std::memory_order_relaxed);
  if (frames == looked_at_) return;
  looked_at_ = frames;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  {
    // Two subqueries, because min and max in one would read the whole table.
    Rows ends =
        connection_->statement("SELECT (SELECT min(first) FROM changes), (SELECT max(first) FROM changes)").query();
    if (!ends.next()) return;
    first = ends.number(0);
    last = ends.number(1);
  }
  if (last - first < kChangesKept + kChangesPerTrim) return;
  const Deadline deadline(milliseconds(1000));
  WriterLock writer(writer_, deadline);
  Transaction transaction(*writer, deadline);
  writer->statements().delete_changes.execute(last - kChangesKept);
  transaction.commit(deadline);
}

void Housekeeping::remove_dead_hosts() {
  struct DeadHost {
    std::string id, boot_id;
    std::int64_t expires_us = 0;
  };
  std::vector<DeadHost> dead;
  std::set<std::string, std::less<>> files;
  {
    Rows rows = connection_->statement("SELECT id, boot_id, expires_us, checksum FROM hosts").query();
    while (rows.next()) {
      const std::string id(rows.bytes(0));
      // What a damaged row says counts for nothing; a living host writes it anew.
      const bool expired = rows.bytes(1) != boot_id_ || rows.integer(2) < boot_clock_us() || !is_whole_host(rows);
      if (expired && host_locks_.holder(id) != HostLocks::Holder::alive)
        dead.push_back({id, std::string(rows.bytes(1)), rows.integer(2)});
      else
        files.insert(HostLocks::file_name(id));
    }
  }
  host_locks_.remove_stale([&](std::string_view file) { return files.find(file) != files.end(); });
  if (dead.empty()) return;
  const Deadline deadline(milliseconds(1000));
  WriterLock writer(writer_, deadline);
  Transaction transaction(*writer, deadline);
  // Unless they were written anew meanwhile.
  for (const DeadHost& host : dead)
    writer->connection()
        .statement("DELETE FROM hosts WHERE id = ? AND boot_id = ? AND expires_us = ?")
        .execute(host.id, host.boot_id, host.expires_us);
  transaction.commit(deadline);
}

}  // namespace asmgr::sqlite_store
