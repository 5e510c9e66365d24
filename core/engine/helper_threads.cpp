#include "core/engine/helper_threads.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace asmgr {
namespace {
constexpr std::chrono::seconds kIdleLife{10};
constexpr std::chrono::milliseconds kFarewell{500};
}  // namespace

// Shared with the threads, so that one that is stuck for ever still has it.
struct HelperThreads::State {
  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable ended;
  std::deque<std::function<void()>> queue;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool stopping = false;

  void loop() {
    std::unique_lock lock(mutex);
    while (true) {
      ++idle;
      const bool woken = work.wait_for(lock, kIdleLife, [this] { return !queue.empty() || stopping; });
      --idle;
      if (queue.empty()) {
        if (woken || threads > 1) break;
        continue;
      }
      std::function<void()> next = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      next();
      next = nullptr;
      lock.lock();
    }
    --threads;
    ended.notify_all();
  }
};

HelperThreads::HelperThreads() : state_(std::make_shared<State>()) {}

HelperThreads::~HelperThreads() {
  end();
}

void HelperThreads::end() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->work.notify_all();
  state_->ended.wait_for(lock, kFarewell, [this] { return state_->threads == 0; });
}

void HelperThreads::run(std::function<void()> work) {
  std::unique_lock lock(state_->mutex);
  if (state_->stopping) {
    lock.unlock();
    return work();
  }
  state_->queue.push_back(std::move(work));
  if (state_->idle >= state_->queue.size()) {
    state_->work.notify_one();
    return;
  }
  ++state_->threads;
  std::thread([state = state_] { state->loop(); }).detach();
}

}  // namespace asmgr
