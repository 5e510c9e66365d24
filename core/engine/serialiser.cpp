#include "core/engine/serialiser.hpp"

#include <thread>

namespace asmgr {
namespace {

// A borrowed thread (a provider's, a caller's) does its own work and a little more; an engine thread lets others in
// after a while.
constexpr std::uint64_t kBorrowedBudget = 64;
constexpr std::uint64_t kEngineBudget = 1024;

// Which serialisers this thread is inside of, innermost first: a caller's callback may end up running another session.
struct Frame {
  const Serialiser* serialiser;
  const Frame* outer;
};
thread_local const Frame* current_frame = nullptr;

class FrameScope {
 public:
  explicit FrameScope(const Serialiser* serialiser) : frame_{serialiser, current_frame} { current_frame = &frame_; }
  ~FrameScope() { current_frame = frame_.outer; }
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;

 private:
  Frame frame_;
};

}  // namespace

Serialiser::Serialiser(std::function<void(std::function<void()>)> schedule, std::function<void()> drained)
    : schedule_(std::move(schedule)), drained_(std::move(drained)), head_(&stub_), tail_(&stub_) {}

Serialiser::~Serialiser() {
  drop();
}

void Serialiser::drop() {
  while (Task* task = pop()) delete task;
}

void Serialiser::push(Task* task) noexcept {
  task->next_.store(nullptr, std::memory_order_relaxed);
  Task* previous = head_.exchange(task, std::memory_order_acq_rel);
  previous->next_.store(task, std::memory_order_release);
}

// Null when the queue is empty, or when a producer has swapped the head but not yet linked its task.
Serialiser::Task* Serialiser::pop() noexcept {
  Task* tail = tail_;
  Task* next = tail->next_.load(std::memory_order_acquire);
  if (tail == &stub_) {
    if (next == nullptr) return nullptr;
    tail_ = next;
    tail = next;
    next = next->next_.load(std::memory_order_acquire);
  }
  if (next != nullptr) {
    tail_ = next;
    return tail;
  }
  if (tail != head_.load(std::memory_order_acquire)) return nullptr;
  push(&stub_);
  next = tail->next_.load(std::memory_order_acquire);
  if (next == nullptr) return nullptr;
  tail_ = next;
  return tail;
}

void Serialiser::post(std::unique_ptr<Task> task, Where where) {
  push(task.release());
  if (count_.fetch_add(1, std::memory_order_acq_rel) != 0) return;
  if (where == Where::here) {
    run(kBorrowedBudget);
  } else {
    schedule_([this] { run(kEngineBudget); });
  }
}

void Serialiser::run(std::uint64_t budget) {
  const FrameScope frame(this);
  std::uint64_t done_in_all = 0;
  while (true) {
    std::uint64_t done = 0;
    const std::uint64_t known = count_.load(std::memory_order_acquire);
    while (done < known) {
      Task* task = pop();
      if (task == nullptr) {
        std::this_thread::yield();  // its producer is between swapping and linking
        continue;
      }
      std::unique_ptr<Task>(task)->run();
      ++done;
    }
    if (count_.load(std::memory_order_acquire) == done) drained_();
    if (count_.fetch_sub(done, std::memory_order_acq_rel) == done) return;
    done_in_all += done;
    if (done_in_all >= budget) {
      schedule_([this] { run(kEngineBudget); });
      return;
    }
  }
}

bool Serialiser::running_here() const noexcept {
  for (const Frame* frame = current_frame; frame != nullptr; frame = frame->outer) {
    if (frame->serialiser == this) return true;
  }
  return false;
}

}  // namespace asmgr
