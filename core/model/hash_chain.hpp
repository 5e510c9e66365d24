// The hash chain that makes a session's log tamper-evident.
//
//   body = SHA-256(len|data | len|metadata)
//   hash = SHA-256(previous hash | seq | time us | len|id | len|type_name | len|run_id | len|provider |
//                  len|correlation_id | schema | body)
// Integers and lengths are 64-bit big-endian; an absent optional field is the empty string; absent data or metadata is
// the two bytes {}. The hash before event 1 is SHA-256("asmgr1" | len|chain_id).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/model/event.hpp"

namespace asmgr {

// Computes hashes without allocating per event. Not thread-safe: one per serialiser or call.
class EventHasher {
 public:
  EventHasher();
  ~EventHasher();
  EventHasher(EventHasher&&) noexcept;
  EventHasher& operator=(EventHasher&&) noexcept;

  [[nodiscard]] Hash first(std::string_view chain_id);
  [[nodiscard]] Hash body(std::string_view data, std::string_view metadata);
  // Uses event.body_hash as it stands, so that a pruned event can be checked too.
  [[nodiscard]] Hash link(const Hash& previous, const EventView& event);
  // Fills body_hash and hash of `event` and returns the hash.
  const Hash& chain(const Hash& previous, EventView& event);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::string to_hex(const Hash& hash);
// The same 64 characters, written in place.
void write_hex(const Hash& hash, char out[64]) noexcept;
[[nodiscard]] std::optional<Hash> hash_from_hex(std::string_view hex) noexcept;

// Checks a log event by event.
class ChainVerifier {
 public:
  explicit ChainVerifier(std::string_view chain_id);
  // Goes on after an event that is known to be right.
  ChainVerifier(std::uint64_t last_sequence, const Hash& last_hash) : hash_(last_hash), last_(last_sequence) {}
  // Ok, or what is wrong at this event: sequence_conflict for a gap, validation_error for a changed body or a broken
  // link.
  [[nodiscard]] Result<void> next(const EventView& event);
  [[nodiscard]] std::uint64_t last_sequence() const noexcept { return last_; }
  [[nodiscard]] const Hash& last_hash() const noexcept { return hash_; }
  [[nodiscard]] std::uint64_t pruned() const noexcept { return pruned_; }

 private:
  EventHasher hasher_;
  Hash hash_{};
  std::uint64_t last_ = 0;
  std::uint64_t pruned_ = 0;
};

}  // namespace asmgr
