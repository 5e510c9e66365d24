#include "event_rows.hpp"

#include <algorithm>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/cpp/string.hpp>
#include <iterator>

namespace asmgr::postgres_store {

using sdk::to_abi;

void copy_hash(std::uint8_t (&to)[32], std::string_view from) {
  std::fill(std::begin(to), std::end(to), std::uint8_t{0});
  std::copy_n(from.begin(), std::min(from.size(), sizeof(to)), std::begin(to));
}

asmgr_event read_event(const Result& rows, int row, std::string_view session_id) {
  auto event = sdk::make<asmgr_event>();
  event.seq = rows.number(row, 0);
  event.time_us = rows.integer(row, 1);
  event.type = rows.small(row, 2);
  event.flags = static_cast<std::uint16_t>(rows.integer(row, 3));
  event.schema = static_cast<std::uint16_t>(rows.integer(row, 4));
  event.session_id = to_abi(session_id);
  event.type_name = to_abi(rows.bytes(row, 5));
  event.provider = to_abi(rows.bytes(row, 6));
  event.run_id = to_abi(rows.bytes(row, 7));
  event.id = to_abi(rows.bytes(row, 8));
  event.correlation_id = to_abi(rows.bytes(row, 9));
  copy_hash(event.hash, rows.bytes(row, 10));
  copy_hash(event.body_hash, rows.bytes(row, 11));
  event.metadata = to_abi(rows.bytes(row, 12));
  event.data = to_abi(rows.bytes(row, 13));
  return event;
}

}  // namespace asmgr::postgres_store
