// Sessions, runs and records as rows: their columns in order, and the checksum over them.
#pragma once

#include <asmgr/abi/data.h>

#include <cstdint>
#include <string_view>

#include "database.hpp"

namespace asmgr::sqlite_store {

// Columns in the order in which the readers below want them. Prefixed where they are joined.
inline constexpr std::string_view kSessionColumns =
    "s.key, s.id, s.status, s.version, s.created_us, s.updated_us, s.deleted_us, s.checksum, s.agent_id, s.parent_id, "
    "s.tenant, s.chain_id, s.doc";
inline constexpr std::string_view kRunColumns =
    "r.id, r.session, r.status, r.version, r.created_us, r.started_us, r.ended_us, r.checksum, r.provider, r.doc";
inline constexpr std::string_view kRecordColumns =
    "kind, id, tenant, version, due_us, value, checksum, session_id, status, body";

inline constexpr std::string_view kHeadColumns =
    "h.key, h.last_seq, h.epoch, h.change, h.owner, h.last_hash, h.text_events, h.text_bytes, h.checksum";

// A condition on a row of records: not left over from a removed session.
inline constexpr std::string_view kRecordIsThere =
    "NOT EXISTS (SELECT 1 FROM removed x WHERE x.id = records.session_id AND records.key <= x.records_to)";

// The store's own row of a session, borrowed.
struct HeadRow {
  std::int64_t key = 0;
  std::uint64_t last_seq = 0, epoch = 0;
  std::uint64_t change = 0;  // the number of its last one
  std::string_view owner, last_hash;
  std::uint64_t text_events = 0;  // that have not been pruned
  std::uint64_t text_bytes = 0;   // of their data and metadata
};

// The bytes a row's checksum is made of are all its columns but the checksum itself.
std::uint32_t checksum_of(const asmgr_session& session, std::int64_t key);
std::uint32_t checksum_of(const asmgr_run& run, std::int64_t session_key);
std::uint32_t checksum_of(const asmgr_record& record);
std::uint32_t checksum_of(const HeadRow& head);
std::uint32_t checksum_of_change(std::uint64_t first, std::uint64_t count, std::string_view entries);
std::uint32_t checksum_of_host(std::string_view id, std::string_view boot_id, std::int64_t expires_us);

// The current row, borrowed from it. Throws STORAGE_READ naming the row when its checksum is wrong.
asmgr_session read_session(const Rows& row);
// `session_id` is what the run is to say; its row has only the key.
asmgr_run read_run(const Rows& row, std::string_view session_id);
asmgr_record read_record(const Rows& row);
HeadRow read_head(const Rows& row, std::string_view session_id);
// As it is, whatever its checksum.
HeadRow head_columns(const Rows& row);
// Of columns first, count, entries, checksum: whether they belong together.
[[nodiscard]] bool is_whole_change(const Rows& row);
// The last change number given by anybody; 0 before the first. Throws STORAGE_READ when the row that says so is
// damaged.
std::uint64_t latest_change(Connection& connection);
// Of columns id, boot_id, expires_us, checksum: likewise.
[[nodiscard]] bool is_whole_host(const Rows& row);
// Throws STORAGE_READ for a row that is not whole.
[[noreturn]] void throw_damaged(std::string_view table, std::string_view id);

}  // namespace asmgr::sqlite_store
