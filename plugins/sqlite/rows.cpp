#include "rows.hpp"

#include <asmgr/cpp/sink.hpp>
#include <asmgr/cpp/string.hpp>
#include <string>

#include "crc32c.hpp"

namespace asmgr::sqlite_store {
namespace {

using sdk::to_abi;
using sdk::view;

void require_checksum(std::uint32_t expected, std::uint32_t found, std::string_view table, std::string_view id) {
  if (expected == found) return;
  throw sdk::StatusError(ASMGR_E_STORAGE_READ, "the row of " + std::string(table) + " '" + std::string(id) +
                                                   "' is damaged: its checksum is " + std::to_string(found) +
                                                   ", its content has " + std::to_string(expected) +
                                                   "; something other than asmgr changed the file, or the disk " +
                                                   "did: restore a backup");
}

}  // namespace

std::uint32_t checksum_of(const asmgr_session& session, std::int64_t key) {
  return Crc32c()
      .add(key)
      .add(view(session.id))
      .add(std::uint64_t{session.status})
      .add(session.version)
      .add(session.created_us)
      .add(session.updated_us)
      .add(session.deleted_us)
      .add(view(session.agent_id))
      .add(view(session.parent_id))
      .add(view(session.tenant))
      .add(view(session.chain_id))
      .add(view(session.doc))
      .value();
}

std::uint32_t checksum_of(const asmgr_run& run, std::int64_t session_key) {
  return Crc32c()
      .add(view(run.id))
      .add(session_key)
      .add(std::uint64_t{run.status})
      .add(run.version)
      .add(run.created_us)
      .add(run.started_us)
      .add(run.ended_us)
      .add(view(run.provider))
      .add(view(run.doc))
      .value();
}

std::uint32_t checksum_of(const asmgr_record& record) {
  return Crc32c()
      .add(view(record.kind))
      .add(view(record.id))
      .add(view(record.tenant))
      .add(record.version)
      .add(record.due_us)
      .add(record.value)
      .add(view(record.session_id))
      .add(view(record.status))
      .add(view(record.body))
      .value();
}

asmgr_session read_session(const Rows& row) {
  auto session = sdk::make<asmgr_session>();
  session.id = to_abi(row.bytes(1));
  session.status = row.small(2);
  session.version = row.number(3);
  session.created_us = row.integer(4);
  session.updated_us = row.integer(5);
  session.deleted_us = row.integer(6);
  session.agent_id = to_abi(row.bytes(8));
  session.parent_id = to_abi(row.bytes(9));
  session.tenant = to_abi(row.bytes(10));
  session.chain_id = to_abi(row.bytes(11));
  session.doc = to_abi(row.bytes(12));
  require_checksum(checksum_of(session, row.integer(0)), row.small(7), "session", row.bytes(1));
  return session;
}

asmgr_run read_run(const Rows& row, std::string_view session_id) {
  auto run = sdk::make<asmgr_run>();
  run.id = to_abi(row.bytes(0));
  run.session_id = to_abi(session_id);
  run.status = row.small(2);
  run.version = row.number(3);
  run.created_us = row.integer(4);
  run.started_us = row.integer(5);
  run.ended_us = row.integer(6);
  run.provider = to_abi(row.bytes(8));
  run.doc = to_abi(row.bytes(9));
  require_checksum(checksum_of(run, row.integer(1)), row.small(7), "run", row.bytes(0));
  return run;
}

asmgr_record read_record(const Rows& row) {
  auto record = sdk::make<asmgr_record>();
  record.kind = to_abi(row.bytes(0));
  record.id = to_abi(row.bytes(1));
  record.tenant = to_abi(row.bytes(2));
  record.version = row.number(3);
  record.due_us = row.integer(4);
  record.value = row.integer(5);
  record.session_id = to_abi(row.bytes(7));
  record.status = to_abi(row.bytes(8));
  record.body = to_abi(row.bytes(9));
  require_checksum(checksum_of(record), row.small(6), std::string(row.bytes(0)) + " record", row.bytes(1));
  return record;
}

std::uint32_t checksum_of(const HeadRow& head) {
  return Crc32c()
      .add(head.key)
      .add(head.last_seq)
      .add(head.epoch)
      .add(head.change)
      .add(head.owner)
      .add(head.last_hash)
      .add(head.text_events)
      .add(head.text_bytes)
      .value();
}

std::uint32_t checksum_of_change(std::uint64_t first, std::uint64_t count, std::string_view entries) {
  return Crc32c().add(first).add(count).add(entries).value();
}

std::uint32_t checksum_of_host(std::string_view id, std::string_view boot_id, std::int64_t expires_us) {
  return Crc32c().add(id).add(boot_id).add(expires_us).value();
}

HeadRow head_columns(const Rows& row) {
  return {row.integer(0), row.number(1), row.number(2), row.number(3),
          row.bytes(4),   row.bytes(5),  row.number(6), row.number(7)};
}

HeadRow read_head(const Rows& row, std::string_view session_id) {
  const HeadRow head = head_columns(row);
  require_checksum(checksum_of(head), row.small(8), "the head of session", session_id);
  return head;
}

bool is_whole_change(const Rows& row) {
  return checksum_of_change(row.number(0), row.number(1), row.bytes(2)) == row.small(3);
}

std::uint64_t latest_change(Connection& connection) {
  Rows rows =
      connection.statement("SELECT first, count, entries, checksum FROM changes ORDER BY first DESC LIMIT 1").query();
  if (!rows.next()) return 0;
  if (!is_whole_change(rows)) throw_damaged("changes", std::to_string(rows.number(0)));
  return rows.number(0) + rows.number(1) - 1;
}

bool is_whole_host(const Rows& row) {
  return checksum_of_host(row.bytes(0), row.bytes(1), row.integer(2)) == row.small(3);
}

void throw_damaged(std::string_view table, std::string_view id) {
  throw sdk::StatusError(ASMGR_E_STORAGE_READ, "the row of " + std::string(table) + " '" + std::string(id) +
                                                   "' is damaged: its checksum is not that of its content; something " +
                                                   "other than asmgr changed the file, or the disk did: restore a " +
                                                   "backup");
}

}  // namespace asmgr::sqlite_store
