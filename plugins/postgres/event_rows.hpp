// Events as rows: their columns in order, and the way back.
#pragma once

#include <asmgr/abi/data.h>

#include <cstdint>
#include <string_view>

#include "values.hpp"

namespace asmgr::postgres_store {

// Columns in the order in which read_event() wants them.
inline constexpr std::string_view kEventColumns =
    "e.seq, e.time_us, e.type, e.flags, e.schema, e.type_name, e.provider, e.run_id, e.id, e.correlation_id, e.hash, "
    "e.body_hash, e.metadata, e.data";
inline constexpr int kEventColumnCount = 14;

// One row of a result, borrowed from it; `session_id` is what the event is to say, its row has only the key.
asmgr_event read_event(const Result& rows, int row, std::string_view session_id);
// What is too short is filled up with zeros.
void copy_hash(std::uint8_t (&to)[32], std::string_view from);

}  // namespace asmgr::postgres_store
