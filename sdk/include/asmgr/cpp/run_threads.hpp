// The threads of a BlockingProvider: one per run, its cancel flag and the questions it has open.
#pragma once

#include <asmgr/abi/provider.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <asmgr/cpp/cancel.hpp>
#include <asmgr/cpp/string.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace asmgr::sdk {

// The answer to a question about a tool call.
struct Verdict {
  bool allowed = false;
  bool cancelled = false;         // nobody answered: the run is to end
  std::string note;               // why, to be shown to the model
  std::string edited_input_json;  // non-empty: replaces the call's input
};

namespace detail {

// All functions: any thread, unless they say otherwise. No lock is held while the host is called.
class RunThreads {
 public:
  struct Question {
    bool answered = false;
    Verdict verdict;
  };
  struct Live {
    const asmgr_run_ctx* context = nullptr;
    std::uint64_t start = 0;
    bool cancelled = false;  // guarded by mutex_, as is the rest
    bool done = false;
    std::uint64_t next_ticket = 1;
    std::map<std::uint64_t, Question> questions;
    std::thread thread;
  };

  RunThreads() = default;
  RunThreads(const RunThreads&) = delete;
  RunThreads& operator=(const RunThreads&) = delete;
  ~RunThreads() { join(); }

  // Runs body(Live&) on a new thread. Throws when there is no thread to be had: then nothing has begun.
  template <typename Body>
  void start(const asmgr_run_ctx& context, Body body) {
    join_done();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) throw StatusError(ASMGR_E_INVALID_OPERATION, "the provider is shutting down and starts no more runs");
    runs_.emplace_back();
    Live& live = runs_.back();
    live.context = &context;
    live.start = context.start;
    try {
      const SignalsBlocked inherited_by_the_thread;
      live.thread = std::thread([this, &live, body]() noexcept {
        body(live);
        const std::lock_guard<std::mutex> done(mutex_);
        live.done = true;
      });
    } catch (const std::system_error& error) {
      runs_.pop_back();
      throw StatusError(ASMGR_E_PROVIDER_UNAVAILABLE,
                        std::string("cannot start a thread for the run: ") + error.what());
    } catch (...) {
      runs_.pop_back();
      throw;
    }
  }

  // True when this was the first cancel of a start that is live.
  bool cancel(std::uint64_t start) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    Live* live = find(start);
    if (live == nullptr || live->cancelled) return false;
    live->cancelled = true;
    changed_.notify_all();
    return true;
  }

  // Unknown starts and tickets are ignored; the first answer counts: then it answers true.
  bool resolve(std::uint64_t start, std::uint64_t ticket, std::uint32_t verdict, std::string_view note,
               std::string_view edited_input_json) {
    Verdict answer{verdict == ASMGR_VERDICT_ALLOW, false, std::string(note), std::string(edited_input_json)};
    const std::lock_guard<std::mutex> lock(mutex_);
    Live* live = find(start);
    if (live == nullptr) return false;
    const auto question = live->questions.find(ticket);
    if (question == live->questions.end() || question->second.answered) return false;
    question->second.verdict = std::move(answer);
    question->second.answered = true;
    changed_.notify_all();
    return true;
  }

  bool cancelled(const Cancel& token, const Live& live) const noexcept {
    if (token.cancelled()) return true;
    const std::lock_guard<std::mutex> lock(mutex_);
    return live.cancelled;
  }

  bool wait_for(const Cancel& token, const Live& live, std::chrono::nanoseconds timeout) const {
    // Far enough for everybody, and now + limit cannot overflow.
    const auto limit = std::min<std::chrono::nanoseconds>(timeout, std::chrono::hours(24 * 365));
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::unique_lock<std::mutex> lock(mutex_);
    while (!live.cancelled && !token.cancelled()) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= deadline) return false;
      changed_.wait_until(lock, std::min(deadline, now + kTokenCheck));
    }
    return true;
  }

  // On the run's own thread.
  Verdict ask(const Cancel& token, Live& live, std::string_view tool_call_json) {
    std::unique_lock<std::mutex> lock(mutex_);
    const std::uint64_t ticket = live.next_ticket++;
    Question& question = live.questions[ticket];
    lock.unlock();
    // The host may resolve inside this very call.
    live.context->ask(live.context->ctx, ticket, to_abi(tool_call_json));
    lock.lock();
    while (!question.answered && !live.cancelled && !token.cancelled()) changed_.wait_for(lock, kTokenCheck);
    Verdict verdict;
    verdict.cancelled = !question.answered;
    if (question.answered) verdict = std::move(question.verdict);
    live.questions.erase(ticket);
    return verdict;
  }

  // On the run's own thread. Does not wait.
  std::uint64_t ask_later(Live& live, std::string_view tool_call_json) {
    std::unique_lock<std::mutex> lock(mutex_);
    const std::uint64_t ticket = live.next_ticket++;
    live.questions[ticket];
    lock.unlock();
    live.context->ask(live.context->ctx, ticket, to_abi(tool_call_json));
    return ticket;
  }

  // On the run's own thread: the answer, once, if it has come.
  std::optional<Verdict> take_answer(Live& live, std::uint64_t ticket) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto question = live.questions.find(ticket);
    if (question == live.questions.end() || !question->second.answered) return std::nullopt;
    Verdict verdict = std::move(question->second.verdict);
    live.questions.erase(question);
    return verdict;
  }

  // From now on the start is unknown to cancel and resolve. Just before finish.
  void forget(Live& live) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    live.start = 0;
  }

  // Refuses new runs.
  void close() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }

  // A start that is live and not cancelled yet; 0 when there is none.
  std::uint64_t live_start() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Live& live : runs_)
      if (live.start != 0 && !live.cancelled) return live.start;
    return 0;
  }

  // After close: waits for every thread.
  void join() noexcept {
    for (Live& live : runs_)
      if (live.thread.joinable()) live.thread.join();
    runs_.clear();
  }

 private:
  // cancel() wakes every wait; this covers a host that cancels the token and then takes its time to call it.
  static constexpr std::chrono::milliseconds kTokenCheck{50};

  struct SignalsBlocked {
    SignalsBlocked() noexcept {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    sigset_t before;
  };

  Live* find(std::uint64_t start) noexcept {
    for (Live& live : runs_)
      if (live.start == start && start != 0) return &live;
    return nullptr;
  }

  void join_done() {
    std::list<Live> done;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (auto it = runs_.begin(); it != runs_.end();) {
        const auto here = it++;
        if (here->done) done.splice(done.end(), runs_, here);
      }
    }
    for (Live& live : done) live.thread.join();
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::list<Live> runs_;  // a list: threads hold references to their own element
  bool closed_ = false;
};

}  // namespace detail
}  // namespace asmgr::sdk
