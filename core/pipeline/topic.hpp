// Fan-out of one session's committed events to whoever listens in this process.
//
// Publishing never waits: a subscriber that does not keep up loses its queue and is told to read the store from its
// cursor.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/pipeline/published.hpp"

namespace asmgr {

using PublishedPtr = std::shared_ptr<const PublishedUnit>;

// One listener's inbox. Producers call push and poke from any thread; one consumer takes.
class Subscription {
 public:
  static constexpr std::size_t kMaxQueuedEvents = 4096;

  // `on_ready` (may be empty) is called, on the producer's thread, when the inbox stops being empty; it must not block.
  explicit Subscription(std::function<void()> on_ready = {}) : on_ready_(std::move(on_ready)) {}

  struct Inbox {
    std::vector<PublishedPtr> units;  // in order
    bool read_store = false;          // something may be in the store that is not in `units`
    bool closed = false;
  };
  // Takes everything there is, at once.
  [[nodiscard]] Inbox take();
  // Waits until there is something to take, `timeout` has passed or `stop` is requested.
  void wait(std::chrono::milliseconds timeout, const std::stop_token& stop = {});

  void push(const PublishedPtr& unit);
  void poke();   // the store has something new
  void close();  // nothing will come any more

 private:
  void wake(std::unique_lock<std::mutex>& lock);
  std::function<void()> on_ready_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<PublishedPtr> units_;
  std::size_t queued_events_ = 0;
  bool read_store_ = false;
  bool closed_ = false;
};

class Topic {
 public:
  // One load when nobody listens.
  void publish(const PublishedPtr& unit);
  void poke();
  void subscribe(std::shared_ptr<Subscription> subscription);
  void unsubscribe(const Subscription* subscription);
  [[nodiscard]] bool has_subscribers() const noexcept { return count_.load(std::memory_order_acquire) != 0; }

 private:
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Subscription>> subscriptions_;
};

// The topics in use, by session id. Thread-safe; asked once per session or subscription, never per event.
class TopicTable {
 public:
  [[nodiscard]] std::shared_ptr<Topic> get(const std::string& session_id);
  [[nodiscard]] std::shared_ptr<Topic> find(const std::string& session_id);  // null when nobody uses it
  [[nodiscard]] std::vector<std::shared_ptr<Topic>> all();

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<Topic>> topics_;
  std::size_t sweep_at_ = 1024;
};

}  // namespace asmgr
