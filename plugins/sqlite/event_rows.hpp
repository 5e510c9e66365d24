// Events as rows: their columns in order, and the way back.
#pragma once

#include <asmgr/abi/data.h>

#include <array>
#include <string_view>

#include "database.hpp"
#include "packed_id.hpp"

namespace asmgr::sqlite_store {

// Columns in the order in which read_event() wants them.
inline constexpr std::string_view kEventColumns =
    "e.seq, e.time_us, e.type, e.type_name, e.flags, e.schema, e.provider, e.run, e.id, e.correlation_id, e.hash, "
    "e.body_hash, e.metadata, e.data";
inline constexpr int kEventColumnCount = 14;

// Room for the ids of one event while it is pushed.
using IdRoom = std::array<std::array<char, kUsualIdBytes>, 3>;

// The current row, borrowed from it and from `room`, without type name and provider: the row has only their keys.
asmgr_event read_event(const Rows& row, std::string_view session_id, IdRoom& room);

}  // namespace asmgr::sqlite_store
