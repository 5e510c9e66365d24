// The feed: everything that becomes durable in a store, delivered to one sink at least once, in order per session.
//
// It reads the store and never the engine, so a sink that is slow, fails or hangs delays no run. What is delivered is
// remembered in the store after it was delivered: after a crash the last events may come again, and none is left out.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "core/engine/log_line.hpp"
#include "core/ports/observer.hpp"
#include "core/ports/sink.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

struct FeedOptions {
  std::string consumer;                                                // names the cursors in the store; [a-z0-9_-]+
  std::chrono::milliseconds publish_limit = std::chrono::seconds(30);  // then the sink's token is cancelled
  std::chrono::milliseconds first_pause = std::chrono::milliseconds(100);  // after a failure; doubles
  std::chrono::milliseconds longest_pause = std::chrono::seconds(30);
  // How often a store is looked through that cannot say that something changed.
  std::chrono::milliseconds poll = std::chrono::seconds(1);
  const Clock* clock = nullptr;  // null = the system's
  LogSink log;                   // may be empty; outlives the feed
  Observer* observer = nullptr;  // may be null; outlives the feed
};

struct FeedStatus {
  std::uint64_t delivered = 0;  // events
  std::uint64_t failures = 0;   // calls of the sink, and reads and writes of the store
};

class Feed {
 public:
  // Begins at once, on a thread of its own. A consumer that is new begins with the first event of every session.
  Feed(std::shared_ptr<Store> store, std::shared_ptr<EventSink> sink, FeedOptions options);
  // Cancels what the sink is doing and waits for it a moment; a sink that does not come back keeps itself and nothing
  // else.
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  [[nodiscard]] FeedStatus status() const;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
  std::thread thread_;
};

}  // namespace asmgr
