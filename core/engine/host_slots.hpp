// How many runs, and sessions with runs, one host carries out at a time. Who finds no slot waits in line; a slot that
// comes free belongs to the first in it. Thread-safe; asked per run, never per event.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace asmgr {

class HostSlots {
 public:
  HostSlots(std::size_t max_sessions, std::size_t max_runs) : max_sessions_(max_sessions), max_runs_(max_runs) {}

  // A run's slot; given back when it is destroyed. May outlive nothing but its HostSlots.
  class Lease {
   public:
    Lease() = default;
    Lease(HostSlots& slots, std::string session_id) : slots_(&slots), session_id_(std::move(session_id)) {}
    Lease(Lease&& other) noexcept
        : slots_(std::exchange(other.slots_, nullptr)), session_id_(std::move(other.session_id_)) {}
    Lease& operator=(Lease&& other) noexcept {
      if (this != &other) {
        give_back();
        slots_ = std::exchange(other.slots_, nullptr);
        session_id_ = std::move(other.session_id_);
      }
      return *this;
    }
    ~Lease() { give_back(); }
    void give_back() {
      if (HostSlots* slots = std::exchange(slots_, nullptr)) slots->release(session_id_);
    }

   private:
    HostSlots* slots_ = nullptr;
    std::string session_id_;
  };

  // A slot for one more run of the session; else the session waits in line, once, and `ready` is called (on the thread
  // that gives a slot back; it must not block) when one is kept for it. It then asks again, or says pass().
  [[nodiscard]] std::optional<Lease> acquire(const std::string& session_id, std::function<void()> ready);
  // The session has nothing to start any more: it leaves the line, and what was kept for it goes to the next.
  void pass(const std::string& session_id);

  // Slots that are leased stay so; who is in line gets what is new.
  void set_limits(std::size_t max_sessions, std::size_t max_runs);

  struct Status {
    std::size_t sessions = 0, runs = 0, waiting = 0;
  };
  [[nodiscard]] Status status();

 private:
  struct Waiter {
    std::string session_id;
    std::function<void()> ready;
  };
  void release(const std::string& session_id);
  [[nodiscard]] bool fits(const std::string& session_id) const;  // under the lock, as is what follows
  void take(const std::string& session_id);
  void drop(const std::string& session_id);
  // Keeps slots for the first in line; what they are to be told is called outside the lock.
  [[nodiscard]] std::deque<std::function<void()>> serve_line();

  std::mutex mutex_;
  std::size_t max_sessions_;
  std::size_t max_runs_;
  std::size_t runs_ = 0;                           // leased or kept
  std::map<std::string, std::size_t> by_session_;  // the same, by session; never 0
  std::map<std::string, std::size_t> kept_;        // for sessions that were in line
  std::deque<Waiter> line_;
};

}  // namespace asmgr
