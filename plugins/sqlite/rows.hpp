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

// The bytes a row's checksum is made of are all its columns but the checksum itself.
std::uint32_t checksum_of(const asmgr_session& session, std::int64_t key);
std::uint32_t checksum_of(const asmgr_run& run, std::int64_t session_key);
std::uint32_t checksum_of(const asmgr_record& record);

// The current row, borrowed from it. Throws STORAGE_READ naming the row when its checksum is wrong.
asmgr_session read_session(const Rows& row);
// `session_id` is what the run is to say; its row has only the key.
asmgr_run read_run(const Rows& row, std::string_view session_id);
asmgr_record read_record(const Rows& row);

}  // namespace asmgr::sqlite_store
