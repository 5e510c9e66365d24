// Pruning, removing and giving space back, in transactions so short that commits pass between them.
#pragma once

#include <asmgr/cpp/cancel.hpp>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "change_signal.hpp"
#include "reader_pool.hpp"
#include "writer.hpp"

namespace asmgr::sqlite_store {

// One order. What it is made of is borrowed and must outlive it.
class Upkeep {
 public:
  Upkeep(Writer& writer, ReaderPool& readers, ChangeSignal& changes, std::chrono::milliseconds busy_timeout,
         const sdk::Cancel& cancel, std::size_t batch_size)
      : writer_(writer),
        readers_(readers),
        changes_(changes),
        busy_timeout_(busy_timeout),
        cancel_(cancel),
        batch_size_(batch_size) {}

  // How many events lost their text. Throws SESSION_NOT_FOUND.
  std::uint64_t prune(std::string_view session_id, const std::vector<store_maintenance::Range>& ranges);
  // Makes the session unknown in one transaction and removes its rows in further ones. `judge` is asked inside the
  // first: it throws when that must not be, or answers false for a session that is none of the caller's. How many rows
  // went; 0 when there is no such session.
  using Judge = std::function<bool(Connection&, const CachedHead&)>;
  std::uint64_t remove(std::string_view session_id, const Judge& judge);
  // What is left of sessions that were removed. Returns how many rows of the session with this key went.
  std::uint64_t remove_leftovers(std::int64_t key);
  // How many bytes the file gets shorter.
  std::uint64_t compact();

 private:
  struct Text {
    std::int64_t rowid = 0;
    std::uint64_t seq = 0, bytes = 0;
  };
  struct Leftover {
    std::int64_t key = 0;
    std::string id;
    std::int64_t records_to = 0;
  };

  [[nodiscard]] Deadline deadline() const { return Deadline(busy_timeout_); }
  // Calls `write(step)` for step 0, 1, ... below `count` in as many transactions as that takes: each at most
  // batch_size_ steps and kLongestHold. `prepare` is called at the beginning of each and may end it all by answering
  // false; `conclude` at its end. Returns how many steps were done: fewer than `count` when cancelled or ended.
  template <typename Prepare, typename Write, typename Conclude>
  std::size_t in_transactions(std::size_t count, Prepare prepare, Write write, Conclude conclude);
  // Lets waiting commits in for as long as they were kept waiting.
  void let_others_in(std::chrono::steady_clock::duration held) const;

  std::vector<Text> texts_of(std::int64_t session, const store_maintenance::Range& range);
  std::uint64_t prune_texts(std::string_view session_id, std::int64_t session, const std::vector<Text>& texts);
  // The session's key; 0 when there is none.
  std::int64_t hide(std::string_view session_id, const Judge& judge);
  std::vector<Leftover> leftovers();
  std::uint64_t remove_rows(const Leftover& leftover);
  std::uint64_t remove_rows(const char* find, const char* erase, const Argument& of, std::int64_t up_to);
  // Pages the file got shorter in one transaction; 0 when there is nothing to gain.
  std::int64_t free_some_pages();

  Writer& writer_;
  ReaderPool& readers_;
  ChangeSignal& changes_;
  std::chrono::milliseconds busy_timeout_;
  const sdk::Cancel& cancel_;
  std::size_t batch_size_;
};

}  // namespace asmgr::sqlite_store
