#include "core/pipeline/topic.hpp"

#include <algorithm>

namespace asmgr {

Subscription::Inbox Subscription::take() {
  std::lock_guard lock(mutex_);
  Inbox inbox;
  inbox.units.assign(units_.begin(), units_.end());
  inbox.read_store = read_store_;
  inbox.closed = closed_;
  units_.clear();
  queued_events_ = 0;
  read_store_ = false;
  return inbox;
}

void Subscription::wait(std::chrono::milliseconds timeout, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, timeout, [this] { return !units_.empty() || read_store_ || closed_; });
}

void Subscription::wake(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  changed_.notify_all();
  if (on_ready_) on_ready_();
}

void Subscription::push(const PublishedPtr& unit) {
  std::unique_lock lock(mutex_);
  if (closed_) return;
  if (queued_events_ + unit->events.size() > kMaxQueuedEvents && !units_.empty()) {
    units_.clear();
    queued_events_ = 0;
    read_store_ = true;
  } else if (!read_store_) {
    units_.push_back(unit);
    queued_events_ += unit->events.size();
  }
  wake(lock);
}

void Subscription::poke() {
  std::unique_lock lock(mutex_);
  read_store_ = true;
  wake(lock);
}

void Subscription::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  wake(lock);
}

void Topic::publish(const PublishedPtr& unit) {
  if (!has_subscribers()) return;
  std::lock_guard lock(mutex_);
  for (const auto& subscription : subscriptions_) subscription->push(unit);
}

void Topic::poke() {
  if (!has_subscribers()) return;
  std::lock_guard lock(mutex_);
  for (const auto& subscription : subscriptions_) subscription->poke();
}

void Topic::subscribe(std::shared_ptr<Subscription> subscription) {
  std::lock_guard lock(mutex_);
  subscriptions_.push_back(std::move(subscription));
  count_.store(subscriptions_.size(), std::memory_order_release);
}

void Topic::unsubscribe(const Subscription* subscription) {
  std::lock_guard lock(mutex_);
  std::erase_if(subscriptions_, [&](const auto& held) { return held.get() == subscription; });
  count_.store(subscriptions_.size(), std::memory_order_release);
}

std::shared_ptr<Topic> TopicTable::get(const std::string& session_id) {
  std::lock_guard lock(mutex_);
  std::weak_ptr<Topic>& slot = topics_[session_id];
  std::shared_ptr<Topic> topic = slot.lock();
  if (topic == nullptr) {
    topic = std::make_shared<Topic>();
    slot = topic;
  }
  if (topics_.size() > sweep_at_) {
    std::erase_if(topics_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(1024, topics_.size() * 2);
  }
  return topic;
}

std::shared_ptr<Topic> TopicTable::find(const std::string& session_id) {
  std::lock_guard lock(mutex_);
  auto at = topics_.find(session_id);
  return at == topics_.end() ? nullptr : at->second.lock();
}

std::vector<std::shared_ptr<Topic>> TopicTable::all() {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Topic>> topics;
  for (const auto& [id, weak] : topics_) {
    if (auto topic = weak.lock()) topics.push_back(std::move(topic));
  }
  return topics;
}

}  // namespace asmgr
