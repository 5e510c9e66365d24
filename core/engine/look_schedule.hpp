// When a host that serves looks for work in a store: once per time to live, and at once when another host is found
// dead.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/time.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// Any thread. One look at a time: it is taken, done elsewhere, and said to be done.
//
// A living host renews its row every third of its time to live, so the row that expires first tells when it is worth
// reading them again: about once per time to live as long as everybody lives, and a host that died is found with the
// expiry of its row.
class LookSchedule {
 public:
  enum class Look : std::uint8_t { nothing, at_hosts, for_work };

  explicit LookSchedule(std::chrono::milliseconds host_ttl) : every_ns_(std::chrono::nanoseconds(host_ttl).count()) {}

  // What is due by this process's stopwatch. It is the caller's to do now; until done() or failed(), nothing else is.
  [[nodiscard]] Look take(std::int64_t now_ns);
  // As if it were time to look for work; nothing while a look is under way.
  [[nodiscard]] Look take_now(std::int64_t now_ns);
  // When it is worth calling take() again.
  [[nodiscard]] std::int64_t due_ns(std::int64_t now_ns) const;

  // What a look has read of the hosts, when the store's clock said `store_now`. True when one that lived at the look
  // before no longer does.
  [[nodiscard]] bool saw(const std::vector<HostRow>& rows, std::string_view own_id, Timestamp store_now,
                         std::int64_t now_ns);
  void done();
  // The look saw nothing that could be relied on: it is done again soon.
  void failed(std::int64_t now_ns);

 private:
  const std::int64_t every_ns_;
  mutable std::mutex mutex_;
  bool looking_ = false;  // guarded by mutex_, as is what follows
  std::int64_t next_for_work_ns_ = 0;
  std::optional<std::int64_t> next_at_hosts_ns_;  // nothing: no other host lives
  std::vector<std::string> living_;
};

// All of them, beginning at a place of this host's own: hosts that find the same work do not all begin with the same.
[[nodiscard]] std::vector<std::string> in_turn_of(std::string_view host_id, std::vector<std::string> sessions);

}  // namespace asmgr
