// A cursor over a session's log: what is stored, then what is committed meanwhile, each event once and in order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/store_host.hpp"
#include "core/pipeline/topic.hpp"

namespace asmgr {

// One thread at a time.
class LogReader {
 public:
  struct Filter {
    std::string run_id;              // empty = any
    std::vector<std::string> types;  // empty = any
  };
  // Subscribes at once, so nothing that is committed from now on is missed. `on_ready` as in Subscription.
  LogReader(StoreHost& host, std::string session_id, Filter filter, std::uint64_t after, std::uint32_t page,
            std::function<void()> on_ready = {});
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // Calls `visit` for everything there is now. The views live for the call. Reads the store on the calling thread.
  // Errors: the store's; the cursor stands where it was, the call may be repeated.
  [[nodiscard]] Result<void> poll(const std::function<void(const EventView&)>& visit);
  // Waits until poll may have something.
  void wait(std::chrono::milliseconds timeout, const std::stop_token& stop = {}) { subscription_->wait(timeout, stop); }
  // Makes the next poll look into the store.
  void look_again() { read_store_ = true; }
  // Everything up to here has been visited or was filtered out.
  [[nodiscard]] std::uint64_t cursor() const noexcept { return cursor_; }

 private:
  [[nodiscard]] bool matches(const EventView& event) const;
  [[nodiscard]] Result<void> read(std::uint64_t before, const std::function<void(const EventView&)>& visit);

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
