// Requests with their repetitions.
#pragma once

#include "failure.hpp"
#include "wire.hpp"

namespace asmgr::s3_store {

// Waits longer from one failure to the next, at random, until the time is up.
class Patience {
 public:
  explicit Patience(std::chrono::milliseconds time) : time_(time), until_(Clock::now() + time) {}

  // Waits for the next try; false: there is no time for one more. `hint`: what the server asked for, 0 = nothing.
  [[nodiscard]] bool wait(std::chrono::milliseconds hint);
  // Something was achieved: the time begins anew.
  void renew();
  // What is left, at least a millisecond and at most `most`.
  [[nodiscard]] std::chrono::milliseconds left(std::chrono::milliseconds most) const;

 private:
  std::chrono::milliseconds time_;
  Clock::time_point until_;
  int failures_ = 0;
};

// How long the answer asks to wait; 0 = it does not say.
[[nodiscard]] std::chrono::milliseconds retry_after(const Answer& answer);

// Makes the call until it is answered in a way that will not change soon, or the time is up. Blocks. How the last try
// went; never more than the configured timeout.
[[nodiscard]] Try ask(Wire& wire, const Call& call);

// The same, for calls of which every other answer than a 2xx without an error in it is a failure of the task: throws.
[[nodiscard]] Answer ask_for(Wire& wire, const Call& call, const Task& task);

}  // namespace asmgr::s3_store
