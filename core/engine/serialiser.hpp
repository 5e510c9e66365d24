// A session's serialiser: a queue of tasks and an atomic owner. Tasks run one at a time, in order, on whatever thread
// finds the serialiser idle and may run it; so a session's live state needs no lock.
//
// The count of queued tasks is the ownership: who raises it from zero owns the serialiser until the count is back at
// zero.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace asmgr {

class Serialiser {
 public:
  class Task {
   public:
    virtual ~Task() = default;
    virtual void run() = 0;

   private:
    friend class Serialiser;
    std::atomic<Task*> next_{nullptr};
  };

  // `schedule` runs a function soon on an engine thread; `drained` is called by the owner each time it has run all
  // there was (it may post). Both are called without any lock. Whoever destroys the serialiser makes sure that no task
  // is left and none can come: tasks and schedules keep the owner object alive.
  Serialiser(std::function<void(std::function<void()>)> schedule, std::function<void()> drained);
  ~Serialiser();
  Serialiser(const Serialiser&) = delete;
  Serialiser& operator=(const Serialiser&) = delete;

  enum class Where : std::uint8_t {
    pool,  // an engine thread runs it when the serialiser is idle
    here,  // this thread runs it, and what else is queued, when the serialiser is idle
  };
  // From any thread, also from inside a task (then it runs after those before it).
  void post(std::unique_ptr<Task> task, Where where = Where::pool);
  template <typename F>
  void post(F&& function, Where where = Where::pool) {
    // As a pointer to the base: a pointer to FunctionTask would choose this template again, without end.
    post(std::unique_ptr<Task>(std::make_unique<FunctionTask<std::decay_t<F>>>(std::forward<F>(function))), where);
  }

  // Drops what was posted and never run, for an engine without threads: nobody else may be in here any more.
  void drop();

  // True on the thread that is running a task of this serialiser right now.
  [[nodiscard]] bool running_here() const noexcept;

 private:
  template <typename F>
  class FunctionTask final : public Task {
   public:
    explicit FunctionTask(F function) : function_(std::move(function)) {}
    void run() override { function_(); }

   private:
    F function_;
  };
  void push(Task* task) noexcept;
  Task* pop() noexcept;
  void run(std::uint64_t budget);

  std::function<void(std::function<void()>)> schedule_;
  std::function<void()> drained_;
  std::atomic<std::uint64_t> count_{0};
  // Multi-producer, single-consumer queue: producers swap the head, the owner follows the links from the tail.
  class Stub final : public Task {
    void run() override {}
  };
  Stub stub_;
  std::atomic<Task*> head_;
  Task* tail_;
};

}  // namespace asmgr
