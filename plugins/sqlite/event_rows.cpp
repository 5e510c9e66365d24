#include "event_rows.hpp"

#include <algorithm>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/cpp/string.hpp>
#include <iterator>

namespace asmgr::sqlite_store {
namespace {

using sdk::to_abi;

void copy_hash(std::uint8_t (&to)[32], std::string_view from) {
  std::copy_n(from.begin(), std::min(from.size(), sizeof(to)), std::begin(to));
}

}  // namespace

asmgr_event read_event(const Rows& row, std::string_view session_id, IdRoom& room) {
  auto event = sdk::make<asmgr_event>();
  event.seq = row.number(0);
  event.time_us = row.integer(1);
  event.type = row.small(2);
  event.flags = static_cast<std::uint16_t>(row.integer(4));
  event.schema = static_cast<std::uint16_t>(row.integer(5));
  event.session_id = to_abi(session_id);
  event.run_id = to_abi(unpack_id(row.bytes(7), row.is_blob(7), room[0]));
  event.id = to_abi(unpack_id(row.bytes(8), row.is_blob(8), room[1]));
  event.correlation_id = to_abi(unpack_id(row.bytes(9), row.is_blob(9), room[2]));
  copy_hash(event.hash, row.bytes(10));
  copy_hash(event.body_hash, row.bytes(11));
  event.metadata = to_abi(row.bytes(12));
  event.data = to_abi(row.bytes(13));
  return event;
}

}  // namespace asmgr::sqlite_store
