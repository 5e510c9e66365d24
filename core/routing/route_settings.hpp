// How a router goes about it, as the configuration says.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/routing/circuit_breaker.hpp"
#include "core/routing/strategy.hpp"

namespace asmgr {

struct RouteSettings {
  RouteStrategy strategy = RouteStrategy::priority;
  std::uint32_t max_attempts = 3;              // targets that one run may try; at least 1
  std::chrono::milliseconds cooldown{30'000};  // a target that failed is passed over for so long; 0 = it is not
  std::chrono::milliseconds sticky_ttl{
      300'000};  // a session stays with its last run's target for so long; 0 = it does not
  CircuitBreaker::Settings circuit_breaker;
  bool failover_after_output = false;  // also when something of the failed attempt was shown
  bool operator==(const RouteSettings&) const = default;
};

}  // namespace asmgr
