// Everything a store holds at one moment, as plain rows: what the checker judges. Nothing here is the engine's own
// type.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace asmgr {
class Store;
}

namespace asmgr::simulation {

struct StoredEvent {
  std::uint64_t number = 0;
  std::string id;
  std::string type;
  std::string run_id;  // empty = of the session
  std::string provider;
  std::string correlation_id;
  std::int64_t time_us = 0;
  std::uint64_t schema = 1;
  std::string data;
  std::string metadata;
  std::string hash;  // 32 bytes
};

struct StoredSession {
  std::string id;
  std::string chain_id;
  std::string status;
  bool deleted = false;
  std::uint64_t last_number = 0;  // of the head
  std::string last_hash;          // of the head, 32 bytes
  std::vector<StoredEvent> events;
};

struct StoredRun {
  std::string id;
  std::string session_id;
  std::string status;
  std::string doc;  // JSON object with error, token_usage, waiting_on among others
};

struct StoredRecord {
  std::string kind;
  std::string id;
  std::string session_id;
  std::string status;
  std::string body;
  std::int64_t value = 0;
};

struct Snapshot {
  std::map<std::string, StoredSession> sessions;
  std::map<std::string, StoredRun> runs;
  std::vector<StoredRecord> records;
};

// Through the store port, deleted sessions too; dies with a message when the store does not answer.
[[nodiscard]] Snapshot snapshot_of(Store& store);
// Straight from the file, by the SQLite library. Throws std::runtime_error when it cannot be read.
[[nodiscard]] Snapshot snapshot_of_sqlite(const std::string& path);

}  // namespace asmgr::simulation
