#include "core/routing/circuit_breaker.hpp"

namespace asmgr {

std::string_view state_name(CircuitBreaker::State state) noexcept {
  switch (state) {
    case CircuitBreaker::State::closed:
      return "closed";
    case CircuitBreaker::State::open:
      return "open";
    case CircuitBreaker::State::half_open:
      return "half_open";
  }
  return "closed";
}

CircuitBreaker::State CircuitBreaker::state(std::int64_t now_ns) const noexcept {
  return state_ == State::open && now_ns >= open_until_ns_ ? State::half_open : state_;
}

bool CircuitBreaker::admits(std::int64_t now_ns) const noexcept {
  switch (state(now_ns)) {
    case State::closed:
      return true;
    case State::open:
      return false;
    case State::half_open:
      return state_ == State::open || probes_ < settings_.half_open_max_probes;
  }
  return false;
}

std::optional<CircuitBreaker::Permit> CircuitBreaker::admit(std::int64_t now_ns) noexcept {
  if (!admits(now_ns)) return std::nullopt;
  if (state_ == State::open) change_to(State::half_open);
  if (state_ == State::half_open) ++probes_;
  Permit permit;
  permit.period_ = period_;
  return permit;
}

void CircuitBreaker::succeeded(Permit permit) noexcept {
  if (permit.period_ != period_) return;
  failures_ = 0;
  if (state_ == State::half_open) change_to(State::closed);
}

void CircuitBreaker::failed(Permit permit, std::int64_t now_ns) noexcept {
  if (permit.period_ != period_) return;
  ++failures_;
  if (state_ == State::closed && failures_ < settings_.failure_threshold) return;
  change_to(State::open);
  open_until_ns_ = now_ns + std::chrono::nanoseconds(settings_.cooldown).count();
}

void CircuitBreaker::released(Permit permit) noexcept {
  if (permit.period_ == period_ && state_ == State::half_open) --probes_;
}

void CircuitBreaker::change_to(State state) noexcept {
  state_ = state;
  ++period_;
  failures_ = 0;
  probes_ = 0;
}

}  // namespace asmgr
