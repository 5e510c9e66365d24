// The write side of a session's live state: collects what belongs into the next unit, numbers and chains its events,
// keeps one unit in flight, publishes it once it is durable.
//
// Everything here happens inside the session's serialiser.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/engine/engine_context.hpp"
#include "core/engine/event_spill.hpp"
#include "core/engine/store_host.hpp"
#include "core/model/hash_chain.hpp"
#include "core/pipeline/published.hpp"

namespace asmgr {

class CopiedLog;

// A row as it is in memory, and the version of it that the store has.
struct SessionRow {
  Session session;
  std::uint64_t committed_version = kVersionAbsent;
};
struct RunRow {
  Run run;
  std::uint64_t committed_version = kVersionAbsent;
  // What the run's input says where the row shows it redacted, once it is known here.
  std::optional<boost::json::value> verbatim_input;
};

// The texts that the events of one run (or of the session itself) share; kept alive by every unit that uses them.
struct EventNames {
  std::string session_id;
  std::string run_id;
  std::string provider;
  std::string correlation_id;
  std::string metadata = "{}";             // of events that bring none
  std::shared_ptr<Spill> spill = nullptr;  // what their data may be; null: as large as it is
};

// Told how many of its events have become durable (or were given up), so that a provider may go on.
class EventCredit {
 public:
  virtual ~EventCredit() = default;
  virtual void returned(std::size_t events) noexcept = 0;
};

class UnitWriter {
 public:
  // What the session does when things go wrong; called inside the serialiser.
  struct Events {
    std::function<void(std::function<void()>)> post;  // into the session's serialiser
    std::function<std::shared_ptr<void>()> hold;      // keeps the session alive while a unit is in flight
    std::function<void(bool was_take)> lost;          // somebody else owns the session now
    std::function<void(const Error&)> store_failing;  // nothing could be written for store_retry; goes on trying
  };
  UnitWriter(EngineContext& engine, StoreHost& host, std::string session_id, Events events);
  ~UnitWriter();

  // Sets what is known of the store's head. `owned`: the epoch is ours already.
  void reset(const Head& head, std::string_view chain_id, bool owned);
  [[nodiscard]] bool owned() const noexcept { return owned_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t last_sequence() const noexcept { return committed_sequence_; }
  [[nodiscard]] const Hash& last_hash() const noexcept { return committed_hash_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

  // -- what goes into the next unit ---------------------------------------------------------------------------------
  // Fills session_id, run_id, provider and an id where there is none. `credited` of the events are returned to
  // `credit`.
  void stage(EventBatch batch, const std::shared_ptr<const EventNames>& names,
             const std::shared_ptr<EventCredit>& credit = nullptr, std::size_t credited = 0);
  void stage(EventType type, const boost::json::object& data, const std::shared_ptr<const EventNames>& names);
  // The first events of a session that begins with a copy: their texts and, where they are pruned, their bodies' hashes
  // stay as they are.
  void stage_copy(const std::shared_ptr<const CopiedLog>& log, const std::shared_ptr<const EventNames>& names);
  // The next unit writes its rows with the versions and times they have.
  void keep_rows_as_they_are() { staged_.as_they_are = true; }
  // Rows are copied when the unit leaves, so that several changes make one write.
  void stage_session(SessionRow& row) { staged_.session = &row; }
  void stage_run(const std::shared_ptr<RunRow>& row);
  void stage_record(RecordWrite write);
  // On record in the audit stream, in the same commit call as what is staged.
  void account_for(const AuditAct& act) { staged_.acts.push_back(host_.audit().entry(act)); }
  // Called with the outcome of the unit that carries what was staged up to now: ok once it is durable; an error when
  // the unit was refused as a whole or the session was lost.
  void when_durable(std::function<void(const Result<void>&)> handler);
  // Inside a handler of when_durable: the events of the unit that has just become durable.
  [[nodiscard]] std::span<const EventView> just_written() const noexcept;
  // The session as it was written, in the same moment; null = the unit did not write it. Memory may be further by then.
  [[nodiscard]] const Session* session_just_written() const noexcept { return session_just_written_; }
  // The next unit gives the session up; nothing may be staged after it.
  void release() { staged_.release = true; }
  // What was staged up to now and what comes next go in different units: a unit that may be refused carries nothing
  // else.
  void seal();

  [[nodiscard]] std::size_t staged_events() const noexcept { return staged_.events.size(); }
  [[nodiscard]] bool idle() const noexcept { return in_flight_ == nullptr && sealed_.empty() && staged_.empty(); }
  [[nodiscard]] bool in_flight() const noexcept { return in_flight_ != nullptr; }
  // True while handlers are told that the session is somebody else's: nothing new may begin.
  [[nodiscard]] bool losing() const noexcept { return losing_; }
  // Sends what is staged, unless a unit is in flight.
  void dispatch();
  // The process ends: no more retries; what is in flight fails.
  void give_up() noexcept { giving_up_ = true; }
  // How long the store may fail before `store_failing`.
  void set_store_retry(std::chrono::milliseconds limit) noexcept { store_retry_ = limit; }
  [[nodiscard]] Topic& topic() noexcept { return *topic_; }

 private:
  class Unit;
  struct Staged {
    std::vector<EventView> events;
    std::vector<EventBatch> batches;
    std::vector<std::shared_ptr<const void>> names;
    std::vector<std::pair<std::shared_ptr<EventCredit>, std::size_t>> credits;
    std::vector<std::shared_ptr<RunRow>> runs;
    std::vector<Run> sealed_runs;           // as they were when this was sealed; empty = not sealed
    std::optional<Session> sealed_session;  // the same of `session`
    std::vector<RecordWrite> records;
    std::vector<std::function<void(const Result<void>&)>> handlers;
    std::vector<AuditLog::EntryPtr> acts;
    std::vector<std::pair<const char*, std::shared_ptr<Spill>>> large;  // by the data of the event
    SessionRow* session = nullptr;
    bool release = false;
    bool as_they_are = false;
    [[nodiscard]] bool empty() const noexcept;
  };
  void drop_repeated();
  // unit_spill.cpp
  void spill();
  struct SpillWork;
  void spilled(const SpillWork& work);
  void number_and_chain(std::vector<EventView>& events);
  void send();
  void submit(Unit& unit);
  void came_back();
  void succeed();
  void fail(const Error& error, bool was_lost);
  void retry(const Error& error);
  void resolve_ambiguous();
  void resolve_record_conflict();
  void drop_existing();
  std::string describe() const;

  EngineContext& engine_;
  StoreHost& host_;
  std::string session_id_;
  Events events_;
  std::shared_ptr<Topic> topic_;
  EventHasher hasher_;
  std::uint64_t committed_sequence_ = 0;
  Hash committed_hash_{};
  std::uint64_t epoch_ = 0;
  std::atomic<bool> owned_{false};  // read by others, written inside the serialiser

  std::deque<Staged> sealed_;  // before staged_
  Staged staged_;
  std::shared_ptr<Unit> in_flight_;
  const Session* session_just_written_ = nullptr;
  std::shared_ptr<const PublishedUnit> just_written_;  // while its handlers are called

  std::chrono::milliseconds store_retry_{30'000};
  std::int64_t failing_since_ns_ = 0;
  std::chrono::milliseconds backoff_{0};
  bool failing_reported_ = false;
  bool giving_up_ = false;
  bool losing_ = false;
};

}  // namespace asmgr
