// What crosses the store's boundary, as values a test can build in a line and compare.
#pragma once

#include <asmgr/plugin.h>

#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace asmgr::contract {

using Hash = std::array<std::uint8_t, 32>;

struct Event {
  std::uint64_t seq = 0;
  std::int64_t time_us = 1'700'000'000'000'000;
  std::uint32_t type = ASMGR_EV_MESSAGE_SENT;
  std::uint16_t flags = 0;
  std::uint16_t schema = 1;
  std::string id{};
  std::string session_id{};
  std::string run_id{};
  std::string type_name = "message_sent";
  std::string provider{};
  std::string correlation_id{};
  std::string data = "{}";
  std::string metadata = "{}";
  Hash hash{};
  Hash body_hash{};

  bool operator==(const Event&) const = default;
};

struct Session {
  std::string id{};
  std::string agent_id = "agent";
  std::string parent_id{};
  std::string tenant{};
  std::string chain_id{};
  std::string doc = R"({"context":{},"metadata":{},"tags":[]})";
  std::uint32_t status = ASMGR_SESSION_PENDING;
  std::uint64_t version = 1;
  std::uint64_t expected_version = 0;  // of writes; 0 when read
  std::int64_t created_us = 0;
  std::int64_t updated_us = 0;
  std::int64_t deleted_us = 0;

  bool operator==(const Session&) const = default;
};

struct RunRow {
  std::string id{};
  std::string session_id{};
  std::string provider{};
  std::string doc = "{}";
  std::uint32_t status = ASMGR_RUN_PENDING;
  std::uint64_t version = 1;
  std::uint64_t expected_version = 0;
  std::int64_t created_us = 0;
  std::int64_t started_us = 0;
  std::int64_t ended_us = 0;

  bool operator==(const RunRow&) const = default;
};

struct Record {
  std::string kind = "queue";
  std::string id{};
  std::string tenant{};
  std::string session_id{};
  std::string status{};
  std::string body{};
  std::uint32_t flags = 0;
  std::uint64_t version = 1;
  std::uint64_t expected_version = 0;
  std::int64_t due_us = 0;
  std::int64_t value = 0;
  std::int64_t add = 0;
  std::int64_t ceiling = 0;

  bool operator==(const Record&) const = default;
};

struct Unit {
  std::uint32_t flags = 0;
  std::string session_id{};
  std::string owner{};
  std::uint64_t epoch = 0;
  std::uint64_t expected_last_seq = ASMGR_SEQ_UNCHECKED;
  std::optional<Session> session;
  std::vector<RunRow> runs;
  std::vector<Event> events;
  std::vector<Record> records;
};

struct Existing {
  std::uint32_t index = 0;
  std::uint64_t seq = 0;
  std::string id{};

  bool operator==(const Existing&) const = default;
};

struct UnitResult {
  asmgr_status status = ASMGR_OK;
  std::uint64_t last_seq = 0;
  std::uint64_t epoch = 0;
  std::int64_t value = 0;
  std::vector<Existing> existing;
  std::string message{};

  bool operator==(const UnitResult& other) const {
    return status == other.status && last_seq == other.last_seq && epoch == other.epoch && value == other.value &&
           existing == other.existing;
  }
};

struct Answer {
  asmgr_status status = ASMGR_OK;
  std::string message{};
};

struct CommitAnswer : Answer {
  std::vector<UnitResult> units;
};

struct Head {
  asmgr_status status = ASMGR_OK;
  std::uint64_t last_seq = 0;
  std::uint64_t epoch = 0;
  Hash hash{};
  std::string owner{};
  bool owner_alive = false;

  bool operator==(const Head&) const = default;
};

struct Host {
  std::string id{};
  bool alive = false;
  std::int64_t expires_us = 0;
};

struct Change {
  std::uint64_t change = 0;
  std::uint32_t kinds = 0;
  std::uint64_t last_seq = 0;
  std::string session_id{};
};

struct SessionSize {
  std::string id{};
  std::uint64_t events = 0;
  std::uint64_t text_bytes = 0;

  bool operator==(const SessionSize&) const = default;
};

// What a read gave: the items, or why none.
template <typename T>
struct Page {
  asmgr_status status = ASMGR_OK;
  std::string message{};
  std::vector<T> items;

  bool operator==(const Page& other) const { return status == other.status && items == other.items; }
};

// A page of a search, and the cursor of the next one: empty when this was the last.
template <typename T>
struct Found : Page<T> {
  std::string next{};
};

struct SessionQuery {
  std::string tenant{};
  std::string agent_id{};
  std::string after_id{};
  std::uint32_t status_mask = 0;
  std::uint32_t limit = 0;
  bool include_deleted = false;
};
struct RunQuery {
  std::string tenant{};
  std::string session_id{};
  std::string after_id{};
  std::uint32_t status_mask = 0;
  std::uint32_t limit = 0;
};
struct EventQuery {
  std::string tenant{};
  std::string session_id{};
  std::string run_id{};
  std::vector<std::string> types{};
  std::int64_t since_us = INT64_MIN;
  std::uint64_t after = 0;
  std::uint64_t before = 0;
  std::uint32_t limit = 0;
  std::uint32_t order = ASMGR_ORDER_ASC;
};
struct RecordQuery {
  std::string tenant{};
  std::string kind = "queue";
  std::string status{};
  std::string session_id{};
  std::string after_id{};
  std::int64_t due_before_us = 0;
  std::uint32_t limit = 0;
};

// For the messages of failing tests.
std::ostream& operator<<(std::ostream& out, const Event& event);
std::ostream& operator<<(std::ostream& out, const Session& session);
std::ostream& operator<<(std::ostream& out, const RunRow& run);
std::ostream& operator<<(std::ostream& out, const Record& record);
std::ostream& operator<<(std::ostream& out, const UnitResult& result);
std::ostream& operator<<(std::ostream& out, const SessionSize& size);

// Ids of the usual form, the same for the same number: "evt_000...2a".
std::string usual_id(const std::string& prefix, std::uint64_t number);

// Units as the engine makes them. Hashes are made up, but differ from event to event.
Unit create_session(const std::string& id, const std::string& owner, std::size_t events = 1);
Unit append_events(const std::string& session_id, const std::string& owner, std::uint64_t epoch, std::uint64_t last_seq,
                   std::size_t count, const std::string& data = "{}");
Unit with_record(Record record);
Event make_event(const std::string& session_id, std::uint64_t seq, const std::string& data = "{}");

}  // namespace asmgr::contract
