// A store as one host of a history has it: the real one behind it is shared by all hosts, and this one is slow, fails,
// does not say whether it has written, and can be cut off from its host for good, as a crash does.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <shared_mutex>
#include <string>

#include "core/ports/store.hpp"
#include "tests/simulation/story.hpp"

namespace asmgr::simulation {

// Chances of one commit (or read) out of a thousand.
struct StoreFaults {
  unsigned slow = 0;  // takes up to longest_us
  unsigned longest_us = 0;
  unsigned fails = 0;               // nothing was written, and it says so
  unsigned busy = 0;                // the same, in other words
  unsigned written_and_lost = 0;    // written, and the answer is that nobody knows
  unsigned unwritten_and_lost = 0;  // not written, and the same answer
  unsigned read_fails = 0;
};

// When the host of a store is cut off.
struct CrashPoint {
  std::uint64_t commit = 0;  // counted from 1
  bool written = false;      // whether that commit still reached the store; its answer never comes
};

class FaultyStore final : public Store {
 public:
  // `story` must outlive it; `name` is whose store it is there.
  FaultyStore(std::shared_ptr<Store> store, StoreFaults faults, std::uint64_t seed, Story& story, std::string name);

  // -- set before the host begins --
  void set_fast(bool fast) { info_.fast_commit = fast; }
  void hide_changes() { changes_hidden_ = true; }
  void crash_at(CrashPoint point) { crash_ = point; }

  // -- from any thread --
  // Nothing of this host reaches the store any more, and its row is gone: it is dead. It can read nothing from now on,
  // and what it writes is refused because somebody else owns what it had.
  void cut_off();
  [[nodiscard]] bool is_cut_off() const noexcept { return cut_off_.load(); }
  // The row goes, and the host does not know it: others may take its sessions while it still writes.
  void forget_host();
  [[nodiscard]] bool reads_fail() const noexcept { return cut_off_ || faults_.read_fails != 0; }
  // No fault from now on.
  void behave() { behaves_ = true; }

  // -- Store --
  [[nodiscard]] const StoreInfo& info() const noexcept override { return info_; }
  [[nodiscard]] CommitStatus commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                    std::uint64_t wait_us) override;
  [[nodiscard]] Result<Head> head(std::string_view id) override;
  [[nodiscard]] Result<Timestamp> renew_host(std::string_view id, std::chrono::milliseconds ttl) override;
  [[nodiscard]] Result<void> remove_host(std::string_view id) override;
  [[nodiscard]] Result<std::vector<HostRow>> hosts() override;
  [[nodiscard]] Result<Session> get_session(std::string_view tenant, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Session>> list_sessions(const SessionQuery& query) override;
  [[nodiscard]] Result<void> delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) override;
  [[nodiscard]] Result<Run> get_run(std::string_view tenant, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Run>> list_runs(const RunQuery& query) override;
  [[nodiscard]] Result<void> visit_events(const EventQuery& query, const EventVisitor& visitor) override;
  [[nodiscard]] Result<Record> get_record(std::string_view tenant, std::string_view kind, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Record>> list_records(const RecordQuery& query) override;
  [[nodiscard]] ChangeFeed* changes() noexcept override;

 private:
  enum class Fault : std::uint8_t { none, fails, busy, written_and_lost, unwritten_and_lost };
  // True so many times out of a thousand.
  [[nodiscard]] bool chance(unsigned of_thousand);
  [[nodiscard]] Fault draw();
  void be_slow();
  [[nodiscard]] std::optional<Error> read_fault();

  std::shared_ptr<Store> store_;
  Story& story_;
  std::string name_;
  StoreInfo info_;
  StoreFaults faults_;
  std::optional<CrashPoint> crash_;
  bool changes_hidden_ = false;
  std::atomic<bool> behaves_{false};
  std::atomic<bool> cut_off_{false};
  std::atomic<std::uint64_t> commits_{0};
  std::shared_mutex alive_mutex_;  // shared while something reaches the store
  std::mutex random_mutex_;
  std::mt19937_64 random_;
  std::mutex host_mutex_;
  std::string host_id_;  // as it registered itself
};

}  // namespace asmgr::simulation
