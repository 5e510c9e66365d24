// The breaker against a model of it, over long random histories.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "core/routing/circuit_breaker.hpp"

namespace asmgr {
namespace {

using State = CircuitBreaker::State;

// Says the rules one by one, with everything that happened at hand instead of counters.
class BreakerModel {
 public:
  explicit BreakerModel(CircuitBreaker::Settings settings) : settings_(settings) {}

  State state(std::int64_t now) const {
    if (phase_ == State::open && now >= opened_ns_ + std::chrono::nanoseconds(settings_.cooldown).count()) {
      return State::half_open;
    }
    return phase_;
  }
  bool may_begin(std::int64_t now) const {
    if (state(now) == State::closed) return true;
    if (state(now) == State::open) return false;
    return (phase_ == State::open ? 0 : under_way()) < settings_.half_open_max_probes;
  }
  void begin(int id, std::int64_t now) {
    if (state(now) == State::half_open && phase_ == State::open) enter(State::half_open);
    tries_[id] = epoch_;
  }
  void end(int id, char how, std::int64_t now) {
    const int epoch = tries_.at(id);
    tries_.erase(id);
    if (epoch != epoch_) return;
    if (how == 's') {
      failures_in_a_row_ = 0;
      if (phase_ == State::half_open) enter(State::closed);
    }
    if (how == 'f' && (phase_ == State::half_open || ++failures_in_a_row_ == settings_.failure_threshold)) {
      enter(State::open);
      opened_ns_ = now;
    }
  }
  std::uint32_t under_way() const {
    std::uint32_t count = 0;
    for (const auto& [id, epoch] : tries_) count += epoch == epoch_ ? 1 : 0;
    return count;
  }

 private:
  void enter(State state) {
    phase_ = state;
    ++epoch_;
    failures_in_a_row_ = 0;
  }
  CircuitBreaker::Settings settings_;
  State phase_ = State::closed;
  int epoch_ = 0;
  std::uint32_t failures_in_a_row_ = 0;
  std::int64_t opened_ns_ = 0;
  std::map<int, int> tries_;
};

class CircuitBreakerHistory : public ::testing::TestWithParam<unsigned> {};

TEST_P(CircuitBreakerHistory, IsThatOfTheModel) {
  std::mt19937 random(GetParam());
  const auto draw = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  const CircuitBreaker::Settings settings{1 + draw(4), std::chrono::milliseconds(1 + draw(50)), 1 + draw(3)};
  CircuitBreaker breaker(settings);
  BreakerModel model(settings);
  std::vector<std::pair<int, CircuitBreaker::Permit>> open;
  std::int64_t now = 0;
  int next_id = 0;
  int half_open_seen = 0;
  for (int step = 0; step < 4000; ++step) {
    now += draw(8) * 1'000'000;
    ASSERT_EQ(breaker.state(now), model.state(now)) << "step " << step;
    ASSERT_EQ(breaker.admits(now), model.may_begin(now)) << "step " << step;
    half_open_seen += model.state(now) == State::half_open ? 1 : 0;
    if (draw(2) == 0) {
      const bool may = model.may_begin(now);
      const auto permit = breaker.admit(now);
      ASSERT_EQ(permit.has_value(), may) << "step " << step;
      if (permit) {
        model.begin(next_id, now);
        open.emplace_back(next_id++, *permit);
      }
    } else if (!open.empty()) {
      const std::size_t which = draw(static_cast<unsigned>(open.size()));
      const auto [id, permit] = open[which];
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
      const char how = "sffr"[draw(4)];
      if (how == 's') breaker.succeeded(permit);
      if (how == 'f') breaker.failed(permit, now);
      if (how == 'r') breaker.released(permit);
      model.end(id, how, now);
    }
    if (model.state(now) == State::half_open) {
      ASSERT_LE(model.under_way(), settings.half_open_max_probes) << "step " << step;
    }
  }
  EXPECT_GT(half_open_seen, 0) << "the history never came to what it is about";
}

INSTANTIATE_TEST_SUITE_P(Random, CircuitBreakerHistory, ::testing::Range(1U, 101U));

}  // namespace
}  // namespace asmgr
