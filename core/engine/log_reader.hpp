// A cursor over a session's log: what is stored, then what is committed meanwhile, each event once and in order.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/store_host.hpp"
#include "core/pipeline/topic.hpp"

namespace asmgr {

// One thread at a time.
class LogReader {
 public:
  struct Filter {
    std::string run_id;                             // empty = any
    std::vector<std::string> types;                 // empty = any
    std::optional<Timestamp> since = std::nullopt;  // inclusive
  };
  // Subscribes at once, so nothing that is committed from now on is missed. `on_ready` as in Subscription.
  LogReader(StoreHost& host, std::string session_id, Filter filter, std::uint64_t after, std::uint32_t page,
            std::function<void()> on_ready = {});
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  // Calls `visit` for what there is now, `at_most` so often: the next call goes on there. The views live for the call.
  // Reads the store on the calling thread. Errors: the store's; the cursor stands where it was, the call may be
  // repeated.
  [[nodiscard]] Result<void> poll(const std::function<void(const EventView&)>& visit, std::size_t at_most = kAll);
  // Waits until poll may have something.
  void wait(std::chrono::milliseconds timeout, const std::stop_token& stop = {}) { subscription_->wait(timeout, stop); }
  // Makes the next poll look into the store.
  void look_again() { read_store_ = true; }
  // Everything up to here has been visited or was filtered out.
  [[nodiscard]] std::uint64_t cursor() const noexcept { return cursor_; }

 private:
  [[nodiscard]] bool matches(const EventView& event) const;
  [[nodiscard]] bool is_filtered() const;
  // Up to `before` (0 = all there is) or until nothing is left of `room`. True: it got there.
  [[nodiscard]] Result<bool> read(std::uint64_t before, const std::function<void(const EventView&)>& visit,
                                  std::size_t& room);

  StoreHost& host_;
  std::string session_id_;
  Filter filter_;
  std::uint64_t cursor_;
  std::uint32_t page_;
  bool read_store_ = true;
  std::vector<PublishedPtr> units_;  // taken and not yet visited
  std::shared_ptr<Topic> topic_;
  std::shared_ptr<Subscription> subscription_;
};

}  // namespace asmgr
