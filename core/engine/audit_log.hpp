// The audit stream of this host in one store: a hidden session, made at the first act, whose log has one event per act.
//
// It is an ordinary log, chained and checked like every other, with one writer: this object. Its unit goes into the
// same commit call as the unit of the act it speaks of. What could not be written is tried again until the store
// answers; the unit of an act waits for that a second at most.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/engine/audit_act.hpp"
#include "core/engine/log_line.hpp"
#include "core/model/hash_chain.hpp"
#include "core/pipeline/commit_groups.hpp"

namespace asmgr {

class StoreHost;

class AuditLog {
 public:
  // One act on its way. Submitting it again does nothing once it is on its way: its unit may be tried more than once.
  class Entry;
  using EntryPtr = std::shared_ptr<Entry>;

  AuditLog(StoreHost& host, const Clock& clock, EngineLog log, Observer* observer);
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Any thread, all of these.
  [[nodiscard]] EntryPtr entry(const AuditAct& act) const;
  // Commits `act` and the audit unit in one call, as soon as the audit unit before has come back.
  void submit(CommitRequest& act, std::span<const EntryPtr> entries);
  void submit(EntryPtr entry);
  // The unit that carried these acts was refused: that is on record too.
  void undone(std::span<const EntryPtr> entries, const Error& error);
  // Waits a moment for what is on its way; then nothing is tried any more, and what was not written is logged.
  void finish(std::chrono::milliseconds patience);

 private:
  class Unit;
  struct Chain {
    std::string session_id;
    std::uint64_t epoch = 0;
    std::uint64_t last_sequence = 0;
    Hash last_hash{};
    bool made = false;
  };
  void keep(std::span<const EntryPtr> entries);  // under the lock
  void begin(std::unique_lock<std::mutex> lock);
  void send();
  [[nodiscard]] std::unique_ptr<Unit> make_unit();  // under the lock
  void came_back(const CommitStatus& status);       // on a reader thread
  void resolve_ambiguous();
  void written(std::uint64_t epoch);
  void take_another_session();
  void try_again(const std::string& why);
  void next();

  StoreHost& host_;
  const Clock& clock_;
  EngineLog log_;
  Observer* observer_;
  EventHasher hasher_;

  std::mutex mutex_;
  std::condition_variable rest_;
  bool busy_ = false;  // a unit is on its way, or about to be
  bool finished_ = false;
  bool delayed_ = false;  // said already
  std::vector<CommitRequest*> acts_;
  std::vector<EntryPtr> waiting_;
  std::unique_ptr<Unit> in_flight_;
  Chain chain_;
  std::unique_ptr<boost::asio::steady_timer> retry_;
  std::chrono::milliseconds pause_;
};

}  // namespace asmgr
