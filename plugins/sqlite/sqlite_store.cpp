// Life, hosts and changes of the SQLite store.
#include "sqlite_store.hpp"

#include <algorithm>

#include "change_codec.hpp"
#include "file_system.hpp"
#include "rows.hpp"
#include "schema.hpp"

namespace asmgr::sqlite_store {
namespace {

constexpr std::size_t kReaders = 4;

const Settings& prepared(const Settings& settings) {
  if (!settings.migrate) expect_current(settings.path, Deadline(settings.busy_timeout));
  prepare_location(settings.path);
  return settings;
}

int milliseconds_of(const Settings& settings) {
  return static_cast<int>(settings.busy_timeout.count());
}

// The id of the session with this key; empty when it is gone.
std::string session_id_of(Connection& connection, std::int64_t key) {
  if (key == 0) return {};
  Rows rows = connection.statement("SELECT id FROM sessions WHERE key = ?").query(key);
  return rows.next() ? std::string(rows.bytes(0)) : std::string();
}

}  // namespace

SqliteStore::SqliteStore(sdk::Host host, const Settings& settings)
    : host_(host),
      settings_(prepared(settings)),
      boot_id_(read_boot_id()),
      writer_(settings_.path, settings_.durability, own_deadline()),
      host_locks_(settings_.path),
      readers_(settings_.path, kReaders, milliseconds_of(settings_)),
      changes_(settings_.path, milliseconds_of(settings_)),
      housekeeping_(sdk::Logger(host_, "sqlite"), settings_.path, writer_, host_locks_, boot_id_) {}

std::string SqliteStore::describe() {
  return R"({"durable":true,"multi_process":true,"fast_commit":true,"readers":4,"limits":{"max_event_bytes":500000000}})";
}

bool SqliteStore::alive(Connection& connection, std::string_view host_id) {
  {
    Rows rows = connection.statement("SELECT id, boot_id, expires_us, checksum FROM hosts WHERE id = ?").query(host_id);
    if (!rows.next()) return false;
    if (!is_whole_host(rows)) throw_damaged("hosts", host_id);
    if (rows.bytes(1) != boot_id_ || rows.integer(2) <= boot_clock_us()) return false;
  }
  return host_locks_.holder(host_id) != HostLocks::Holder::gone;
}

std::int64_t SqliteStore::host_renew(std::string_view host_id, std::uint64_t ttl_ms) {
  constexpr std::uint64_t kLongestMs = INT64_MAX / 4000;
  const Deadline deadline = own_deadline();
  if (ttl_ms != 0) host_locks_.hold(host_id);
  std::int64_t expires = 0;
  {
    WriterLock writer(writer_, deadline);
    Transaction transaction(*writer, deadline);
    expires = boot_clock_us() + static_cast<std::int64_t>(std::min(ttl_ms, kLongestMs)) * 1000;
    if (ttl_ms == 0)
      writer->statements().delete_host.execute(host_id);
    else
      writer->statements().put_host.execute(host_id, boot_id_, expires, checksum_of_host(host_id, boot_id_, expires));
    transaction.commit(deadline);
  }
  if (ttl_ms == 0) host_locks_.release(host_id);
  return expires;
}

void SqliteStore::hosts(sdk::ItemSink<asmgr_host_row>& out) {
  const ReaderPool::Lease reader(readers_);
  Rows rows = reader->statement("SELECT id, boot_id, expires_us, checksum FROM hosts ORDER BY id").query();
  while (rows.next()) {
    if (!is_whole_host(rows)) throw_damaged("hosts", rows.bytes(0));
    auto row = sdk::make<asmgr_host_row>();
    row.id = sdk::to_abi(rows.bytes(0));
    row.expires_us = rows.integer(2);
    row.alive = alive(*reader, rows.bytes(0)) ? 1 : 0;
    if (!out.push(row)) return;
  }
}

std::uint64_t SqliteStore::latest() {
  const ReaderPool::Lease reader(readers_);
  return latest_change(*reader);
}

void SqliteStore::read(std::uint64_t after, std::uint32_t limit, sdk::ItemSink<asmgr_change>& changes) {
  if (after >= INT64_MAX) return;
  const ReaderPool::Lease reader(readers_);
  // From the row that holds the number after `after`, or the oldest there is.
  Rows rows =
      reader
          ->statement(
              "SELECT first, count, entries, checksum FROM changes WHERE first >= coalesce((SELECT max(first) FROM "
              "changes WHERE first <= ?1), 0) ORDER BY first")
          .query(after + 1);
  bool first_row = true;
  std::uint32_t left = limit == 0 ? 1000 : limit;
  while (rows.next()) {
    std::uint64_t number = rows.number(0);
    // A change is a hint: what cannot be read is as good as forgotten, and `check` names it.
    if (!is_whole_change(rows))
      throw sdk::StatusError(ASMGR_E_CURSOR_EXPIRED, "the row of changes " + std::to_string(number) +
                                                         " is damaged; read everything again from latest()");
    if (first_row && number > after + 1)
      throw sdk::StatusError(ASMGR_E_CURSOR_EXPIRED,
                             "changes up to " + std::to_string(number - 1) + " have been forgotten, the reader is at " +
                                 std::to_string(after) + "; read everything again from latest()");
    first_row = false;
    std::string_view entries = rows.bytes(2);
    ChangeEntry entry;
    for (; take_change(entries, entry); ++number) {
      if (number <= after) continue;
      const std::string id =
          entry.deleted_id.empty() ? session_id_of(*reader, entry.session_key) : std::string(entry.deleted_id);
      // A session that is gone by now has a later change that says so.
      if (id.empty() && entry.session_key != 0) continue;
      auto change = sdk::make<asmgr_change>();
      change.change = number;
      change.kinds = entry.kinds;
      change.last_seq = entry.last_seq;
      change.session_id = sdk::to_abi(id);
      if (!changes.push(change) || --left == 0) return;
    }
  }
}

void SqliteStore::wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel) {
  changes_.wait(after, timeout_ms, cancel);
}

}  // namespace asmgr::sqlite_store
