// Sessions, runs and records as rows: their columns in order, and the checksum over them.
#pragma once

#include <asmgr/abi/data.h>

#include <cstdint>
#include <string_view>

#include "values.hpp"

namespace asmgr::postgres_store {

// Columns in the order in which the readers below want them.
inline constexpr std::string_view kSessionColumns =
    "s.key, s.id, s.status, s.version, s.created_us, s.updated_us, s.deleted_us, s.checksum, s.agent_id, s.parent_id, "
    "s.tenant, s.chain_id, s.doc";
inline constexpr std::string_view kRunColumns =
    "r.id, r.session, r.status, r.version, r.created_us, r.started_us, r.ended_us, r.checksum, r.provider, r.doc";
inline constexpr std::string_view kRecordColumns =
    "r.kind, r.id, r.tenant, r.version, r.due_us, r.value, r.checksum, r.session_id, r.status, r.body";

// Conditions on a run `r` and a record `r`: not left over from a removed session. The second is a comparison, so that
// nothing changes the order in which an index gives the records.
inline constexpr std::string_view kRunIsThere = "NOT EXISTS (SELECT 1 FROM @removed d WHERE d.key = r.session)";
inline constexpr std::string_view kRecordIsThere =
    "r.key > coalesce((SELECT max(d.records_to) FROM @removed d WHERE d.id = r.session_id), 0)";

// CRC-32C over all columns of a row but the checksum itself, the key of a record, and what is made from its document.
std::uint32_t checksum_of(const asmgr_session& session, std::int64_t key);
std::uint32_t checksum_of(const asmgr_run& run, std::int64_t session_key);
std::uint32_t checksum_of(const asmgr_record& record);

// One row of a result, borrowed from it. Throws STORAGE_READ naming the row when its checksum is wrong.
asmgr_session read_session(const Result& result, int row);
// `session_id` is what the run is to say; its row has only the key.
asmgr_run read_run(const Result& result, int row, std::string_view session_id);
asmgr_record read_record(const Result& result, int row);

}  // namespace asmgr::postgres_store
