// Orders, sizes and measures, and delete_session, which is a remove without questions about owners.
#include <asmgr/toolkit/store_maintenance.hpp>
#include <string>
#include <variant>

#include "checker.hpp"
#include "query_text.hpp"
#include "rows.hpp"
#include "schema.hpp"
#include "sqlite_store.hpp"
#include "upkeep.hpp"

namespace asmgr::sqlite_store {
namespace {

constexpr std::size_t kRowsPerDelete = 1000;

void require_epoch(std::string_view session_id, const CachedHead& head, std::uint64_t epoch) {
  if (head.state.epoch == epoch) return;
  throw sdk::StatusError(ASMGR_E_STALE_EPOCH, "session '" + std::string(session_id) + "' is at epoch " +
                                                  std::to_string(head.state.epoch) + ", the caller says " +
                                                  std::to_string(epoch) + "; read the head again");
}

std::uint64_t count(Connection& connection, std::string_view sql) {
  Rows rows = connection.statement(sql).query();
  return rows.next() ? rows.number(0) : 0;
}

}  // namespace

std::string SqliteStore::retain(std::string_view order_json, const sdk::Cancel& cancel) {
  const store_maintenance::Order order = store_maintenance::read_order(order_json);
  Upkeep upkeep(writer_, readers_, changes_, settings_.busy_timeout, cancel, order.batch_size);
  if (const auto* pruning = std::get_if<store_maintenance::Prune>(&order.what))
    return store_maintenance::pruned_json(upkeep.prune(pruning->session_id, pruning->sequences));
  if (std::holds_alternative<store_maintenance::Compact>(order.what))
    return store_maintenance::compacted_json(upkeep.compact());
  const auto& removal = std::get<store_maintenance::Remove>(order.what);
  const auto judge = [&](Connection& connection, const CachedHead& head) {
    require_epoch(removal.session_id, head, removal.epoch);
    if (!head.state.owner.empty() && alive(connection, head.state.owner))
      throw sdk::StatusError(ASMGR_E_STALE_EPOCH, "session '" + removal.session_id + "' is owned by '" +
                                                      head.state.owner + "', which is alive; it can be removed when " +
                                                      "nobody works on it");
    return true;
  };
  return store_maintenance::removed_json(upkeep.remove(removal.session_id, judge));
}

void SqliteStore::delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) {
  const auto judge = [&](Connection& connection, const CachedHead& head) {
    Rows rows = connection.statement("SELECT tenant FROM sessions WHERE key = ?").query(head.key);
    if (!rows.next() || (!tenant.empty() && rows.bytes(0) != tenant)) return false;
    require_epoch(id, head, epoch);
    return true;
  };
  const sdk::Cancel never(host_, nullptr);
  Upkeep(writer_, readers_, changes_, settings_.busy_timeout, never, kRowsPerDelete).remove(id, judge);
}

void SqliteStore::sizes(std::string_view after_id, std::uint32_t limit, sdk::ItemSink<asmgr_session_size>& out) {
  static const std::string sql = "SELECT " + std::string(kHeadColumns) +
                                 ", s.id FROM sessions s CROSS JOIN heads h ON h.key = s.key WHERE s.id > ? "
                                 "ORDER BY s.id LIMIT ?";
  const ReaderPool::Lease reader(readers_);
  Rows rows = reader->statement(sql).query(after_id, limit);
  while (rows.next()) {
    const HeadRow head = read_head(rows, rows.bytes(9));
    auto size = sdk::make<asmgr_session_size>();
    size.id = sdk::to_abi(rows.bytes(9));
    size.events = head.text_events;
    size.text_bytes = head.text_bytes;
    if (!out.push(size)) return;
  }
}

std::string SqliteStore::measure() {
  const ReaderPool::Lease reader(readers_);
  const ReadTransaction transaction(*reader);
  store_maintenance::StoreSize size;
  size.schema_version = count(*reader, "SELECT max(version) FROM schema_version");
  const std::uint64_t page_size = count(*reader, "PRAGMA page_size");
  size.bytes = page_size * count(*reader, "PRAGMA page_count");
  if (count(*reader, "PRAGMA auto_vacuum") != 0) size.free_bytes = page_size * count(*reader, "PRAGMA freelist_count");
  size.sessions = count(*reader, "SELECT count(*) FROM sessions");
  size.events = count(*reader, "SELECT coalesce(sum(last_seq), 0) FROM heads");
  size.pruned_events = size.events - count(*reader, "SELECT coalesce(sum(text_events), 0) FROM heads");
  if (count(*reader, "SELECT count(*) FROM removed") == 0) {
    size.runs = count(*reader, "SELECT count(*) FROM runs");
    size.records = count(*reader, "SELECT count(*) FROM records");
  } else {
    size.runs = count(*reader, "SELECT count(*) FROM runs WHERE session NOT IN (SELECT key FROM removed)");
    size.records = count(*reader, "SELECT count(*) FROM records WHERE " + std::string(kRecordIsThere));
  }
  return store_maintenance::size_json(size);
}

void SqliteStore::check(const sdk::Cancel& cancel, sdk::TextSink& problems) {
  const ReaderPool::Lease reader(readers_);
  Checker(*reader, cancel, problems).check();
}

}  // namespace asmgr::sqlite_store
