// The rows of the memory store, and what owns their bytes.
//
// Nothing here locks: the store holds its lock around every use.
#pragma once

#include <asmgr/abi/store.h>

#include <array>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/cpp/string.hpp>
#include <asmgr/toolkit/store_query.hpp>
#include <asmgr/toolkit/store_rules.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace asmgr::memory_store {

// The events of one unit: one allocation for the structs and one for all their bytes, made by one copy. Readers
// are handed pointers into it.
class EventBlock {
 public:
  EventBlock() = default;
  // Copies everything but the session id, which set_session() gives.
  explicit EventBlock(sdk::ArrayView<const asmgr_event> events);

  [[nodiscard]] std::uint64_t first_seq() const noexcept { return first_seq_; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] const asmgr_event& operator[](std::size_t index) const noexcept { return events_[index]; }
  // Points the events at a session id that lives at least as long as the block.
  void set_session(std::string_view session_id) noexcept;
  // The text that this event has, in bytes; nothing when it is pruned.
  [[nodiscard]] std::uint64_t text_bytes(std::size_t index) const noexcept;
  // Takes the event's text; its memory is given back by repacked().
  void prune(std::size_t index) noexcept;
  // The same events in as little memory as they need now.
  [[nodiscard]] EventBlock repacked() const;

 private:
  std::uint64_t first_seq_ = 0;
  std::size_t count_ = 0;
  std::unique_ptr<asmgr_event[]> events_;
  std::unique_ptr<char[]> bytes_;
};

// The events of one session, addressed by their number in logarithmic time.
class EventLog {
 public:
  void append(EventBlock block);
  // Null when there is no such number. The pointer lives as long as the log.
  [[nodiscard]] const asmgr_event* find(std::uint64_t seq) const noexcept;
  // The stored number of a CALLER_ID event, 0 when there is none.
  [[nodiscard]] std::uint64_t find_caller_id(std::string_view id) const;
  [[nodiscard]] const asmgr_event* last() const noexcept;
  [[nodiscard]] const std::vector<EventBlock>& blocks() const noexcept { return blocks_; }
  // Index of the block that holds `seq`; blocks().size() when it lies past the end. `seq` at least 1.
  [[nodiscard]] std::size_t block_of(std::uint64_t seq) const noexcept;
  // Prunes the events first..last that have their text, looking at no more than `most` numbers. `first` moves on to the
  // number to go on with. Returns how many lost their text.
  std::uint64_t prune(std::uint64_t& first, std::uint64_t last, std::size_t most);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // Events that have their text, and how many bytes that is.
  [[nodiscard]] std::uint64_t text_events() const noexcept { return text_events_; }
  [[nodiscard]] std::uint64_t text_bytes() const noexcept { return text_bytes_; }

 private:
  void repack(EventBlock& block);

  std::vector<EventBlock> blocks_;                                  // in order of number, without gaps
  std::unordered_map<std::string_view, std::uint64_t> caller_ids_;  // keys point into blocks_
  std::uint64_t size_ = 0, text_events_ = 0, text_bytes_ = 0;
};

// What a unit brings, in the form in which it is kept: made before the lock is taken.
struct PreparedUnit {
  explicit PreparedUnit(const asmgr_commit_unit& unit);

  EventBlock events;
  std::vector<std::string> tags;             // of the session
  std::vector<store_query::RunFacts> facts;  // one per run
};

struct SessionRow {
  std::string id, agent_id, parent_id, tenant, chain_id, doc;
  std::uint32_t status = 0;
  std::uint64_t version = 0;
  std::int64_t created_us = 0, updated_us = 0, deleted_us = 0;
  std::vector<std::string> tags;  // of doc, sorted

  void assign(const asmgr_session& session, std::vector<std::string> tags_of_doc);
  [[nodiscard]] asmgr_session to_abi() const noexcept;
};

struct RunRow {
  std::string id, session_id, provider, doc;
  std::uint32_t status = 0;
  std::uint64_t version = 0;
  std::int64_t created_us = 0, started_us = 0, ended_us = 0;
  store_query::RunFacts facts;  // of doc

  void assign(const asmgr_run& run, std::string_view of_session, store_query::RunFacts facts_of_doc);
  [[nodiscard]] asmgr_run to_abi() const noexcept;
};

struct RecordRow {
  std::string kind, id, tenant, session_id, status, body;
  std::uint64_t version = 0;
  std::int64_t due_us = 0, value = 0;

  void assign(const asmgr_record& record, std::int64_t new_value);
  [[nodiscard]] asmgr_record to_abi() const noexcept;
};

// A session and everything that goes away with it.
struct Session {
  SessionRow row;
  store_rules::HeadState head;
  EventLog log;
  std::set<std::string, std::less<>> runs;
};

// Records of one kind and tenant in order of id.
using RecordGroup = std::map<std::string, RecordRow, std::less<>>;

struct Tables {
  using Kind = std::map<std::string, RecordGroup, std::less<>>;  // by tenant

  std::map<std::string, std::unique_ptr<Session>, std::less<>> sessions;
  std::map<std::string, RunRow, std::less<>> runs;
  std::map<std::string, Kind, std::less<>> records;        // by kind
  std::map<std::string, std::int64_t, std::less<>> hosts;  // when the row expires, monotonic microseconds

  [[nodiscard]] Session* find_session(std::string_view id) const;
  [[nodiscard]] const RecordRow* find_record(std::string_view tenant, std::string_view kind, std::string_view id) const;
};

}  // namespace asmgr::memory_store
