#include "core/plugin/init_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>

namespace asmgr {

struct InitThread::Worker {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void()> job;
  bool busy = false;
  bool stop = false;
  std::thread thread;

  void loop() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return busy || stop; });
      if (!busy) return;
      const std::function<void()> now = std::move(job);
      lock.unlock();
      now();
      lock.lock();
      busy = false;
      changed.notify_all();
    }
  }
};

namespace {

// Signals belong to the host's own threads: a plugin's must never run a handler.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

InitThread::~InitThread() {
  if (!worker_) return;
  {
    const std::lock_guard lock(worker_->mutex);
    worker_->stop = true;
  }
  worker_->changed.notify_all();
  worker_->thread.join();
}

bool InitThread::run(std::function<void()> job, std::chrono::milliseconds limit) {
  if (worker_id_.load() == std::this_thread::get_id()) {
    job();
    return true;
  }
  const std::lock_guard turn(turn_);
  if (!worker_) {
    auto worker = std::make_shared<Worker>();
    const BlockedSignals blocked;
    worker->thread = std::thread([worker] { worker->loop(); });
    worker_id_ = worker->thread.get_id();
    worker_ = std::move(worker);
  }
  std::unique_lock lock(worker_->mutex);
  worker_->job = std::move(job);
  worker_->busy = true;
  worker_->changed.notify_all();
  if (worker_->changed.wait_for(lock, limit, [this] { return !worker_->busy; })) return true;
  // The loop ends by itself should the job ever return; the lambda's share keeps the worker alive until then.
  worker_->stop = true;
  worker_->thread.detach();
  lock.unlock();
  worker_.reset();
  worker_id_ = std::thread::id();
  left_one_behind_ = true;
  return false;
}

bool InitThread::left_one_behind() const {
  const std::lock_guard turn(turn_);
  return left_one_behind_;
}

}  // namespace asmgr
