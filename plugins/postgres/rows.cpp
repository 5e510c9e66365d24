#include "rows.hpp"

#include <asmgr/cpp/error.hpp>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/cpp/string.hpp>
#include <boost/crc.hpp>
#include <string>

namespace asmgr::postgres_store {
namespace {

using sdk::to_abi;
using sdk::view;

// Texts are preceded by their length, so that no two different rows feed the same bytes.
class Checksum {
 public:
  Checksum& add(std::uint64_t number) {
    unsigned char bytes[8];
    for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(number >> (8 * i));
    crc_.process_bytes(bytes, sizeof(bytes));
    return *this;
  }
  Checksum& add(std::int64_t number) { return add(static_cast<std::uint64_t>(number)); }
  Checksum& add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    crc_.process_bytes(text.data(), text.size());
    return *this;
  }
  [[nodiscard]] std::uint32_t value() const { return crc_.checksum(); }

 private:
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc_;
};

void require_checksum(std::uint32_t expected, std::uint32_t found, std::string_view table, std::string_view id) {
  if (expected == found) return;
  throw sdk::StatusError(ASMGR_E_STORAGE_READ, "the row of " + std::string(table) + " '" + std::string(id) +
                                                   "' is damaged: its checksum is " + std::to_string(found) +
                                                   ", its content has " + std::to_string(expected) +
                                                   "; something other than asmgr changed the table: restore a backup");
}

}  // namespace

std::uint32_t checksum_of(const asmgr_session& session, std::int64_t key) {
  return Checksum()
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
  return Checksum()
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
  return Checksum()
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

asmgr_session read_session(const Result& result, int row) {
  auto session = sdk::make<asmgr_session>();
  session.id = to_abi(result.bytes(row, 1));
  session.status = result.small(row, 2);
  session.version = result.number(row, 3);
  session.created_us = result.integer(row, 4);
  session.updated_us = result.integer(row, 5);
  session.deleted_us = result.integer(row, 6);
  session.agent_id = to_abi(result.bytes(row, 8));
  session.parent_id = to_abi(result.bytes(row, 9));
  session.tenant = to_abi(result.bytes(row, 10));
  session.chain_id = to_abi(result.bytes(row, 11));
  session.doc = to_abi(result.bytes(row, 12));
  require_checksum(checksum_of(session, result.integer(row, 0)), result.small(row, 7), "session", result.bytes(row, 1));
  return session;
}

asmgr_run read_run(const Result& result, int row, std::string_view session_id) {
  auto run = sdk::make<asmgr_run>();
  run.id = to_abi(result.bytes(row, 0));
  run.session_id = to_abi(session_id);
  run.status = result.small(row, 2);
  run.version = result.number(row, 3);
  run.created_us = result.integer(row, 4);
  run.started_us = result.integer(row, 5);
  run.ended_us = result.integer(row, 6);
  run.provider = to_abi(result.bytes(row, 8));
  run.doc = to_abi(result.bytes(row, 9));
  require_checksum(checksum_of(run, result.integer(row, 1)), result.small(row, 7), "run", result.bytes(row, 0));
  return run;
}

asmgr_record read_record(const Result& result, int row) {
  auto record = sdk::make<asmgr_record>();
  record.kind = to_abi(result.bytes(row, 0));
  record.id = to_abi(result.bytes(row, 1));
  record.tenant = to_abi(result.bytes(row, 2));
  record.version = result.number(row, 3);
  record.due_us = result.integer(row, 4);
  record.value = result.integer(row, 5);
  record.session_id = to_abi(result.bytes(row, 7));
  record.status = to_abi(result.bytes(row, 8));
  record.body = to_abi(result.bytes(row, 9));
  require_checksum(checksum_of(record), result.small(row, 6), std::string(result.bytes(row, 0)) + " record",
                   result.bytes(row, 1));
  return record;
}

}  // namespace asmgr::postgres_store
