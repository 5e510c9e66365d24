// Pruning, removing and giving space back, in transactions so short that commits pass between them.
#pragma once

#include <asmgr/cpp/cancel.hpp>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reader_pool.hpp"
#include "wake_ups.hpp"
#include "writer.hpp"

namespace asmgr::postgres_store {

// One order. It writes over a connection of its own, made when it is needed, so that no commit of this process waits
// for it; what commits of any process may wait for is a row of a head, and that only while a COMMIT takes. What it is
// made of is borrowed and must outlive it. One thread.
class Upkeep {
 public:
  Upkeep(const Settings& settings, ReaderPool& readers, WakeUps& wake_ups, const sdk::Cancel& cancel,
         std::size_t batch_size)
      : settings_(settings),
        sql_(settings.schema),
        readers_(readers),
        wake_ups_(wake_ups),
        cancel_(cancel),
        batch_size_(batch_size) {}

  // How many events lost their text. Throws SESSION_NOT_FOUND.
  std::uint64_t prune(std::string_view session_id, const std::vector<store_maintenance::Range>& ranges);
  // Makes the session unknown in one transaction and removes its rows in further ones. How many rows went; 0 when there
  // is no such session. Throws STALE_EPOCH.
  std::uint64_t remove(std::string_view session_id, std::uint64_t epoch);
  // By how many bytes the tables got shorter.
  std::uint64_t compact();

 private:
  // How many rows one statement gets: so many that it takes some milliseconds, whatever their size and the server.
  class Pace {
   public:
    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    void took(std::chrono::steady_clock::duration time);

   private:
    std::size_t rows_ = 64;
  };
  struct Leftover {
    std::int64_t key = 0;
    std::string id;
    std::int64_t records_to = 0;
  };
  // One statement of a transaction: does up to so many rows and says how many it did.
  using Statement = std::function<std::size_t(Connection&, std::size_t rows)>;
  struct Batch {
    std::uint64_t rows = 0;
    bool was_last = false;
  };

  Writer& writer();
  [[nodiscard]] Deadline deadline() const { return Deadline(settings_.busy_timeout); }
  // Statements of one transaction, until one finds fewer rows than it may take, or the batch or the time is used up.
  Batch run_batch(Connection& connection, const Statement& statement);
  // The same in as many transactions as it takes, until cancelled. How many rows.
  std::uint64_t run_batches(const Statement& statement);
  void let_others_in() const;

  struct Pruned;
  Pruned prune_some(std::string_view session_id, std::int64_t key, const store_maintenance::Range& range);
  // The session's key; 0 when there is none.
  std::int64_t hide(std::string_view session_id, std::uint64_t epoch);
  // What is left of sessions that were removed, by whomever. How many rows of the one with this key went.
  std::uint64_t remove_leftovers(std::int64_t key);
  std::uint64_t remove_rows(const Leftover& leftover);
  void forget(const Leftover& leftover);
  // Over that connection, which is made where it is not there (any more).
  std::uint64_t vacuum(std::unique_ptr<Connection>& connection, std::string_view table);

  const Settings& settings_;
  const Dialect sql_;
  ReaderPool& readers_;
  WakeUps& wake_ups_;
  const sdk::Cancel& cancel_;
  const std::size_t batch_size_;
  Pace pace_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace asmgr::postgres_store
