#include "core/routing/strategy.hpp"

#include <algorithm>

namespace asmgr {
namespace {

constexpr std::string_view kStrategyNames[] = {"priority", "weighted", "round_robin", "lowest_cost", "lowest_latency"};

bool is_cheaper(const RankedTarget& a, const RankedTarget& b) {
  if (!a.price || !b.price) return a.price.has_value() && !b.price.has_value();
  return *a.price < *b.price;
}

bool is_quicker(const RankedTarget& a, const RankedTarget& b) {
  if (!a.latency_ns || !b.latency_ns) return !a.latency_ns.has_value() && b.latency_ns.has_value();
  return *a.latency_ns < *b.latency_ns;
}

}  // namespace

std::string_view strategy_name(RouteStrategy strategy) noexcept {
  const auto index = static_cast<std::size_t>(strategy);
  return index < std::size(kStrategyNames) ? kStrategyNames[index] : "priority";
}

std::optional<RouteStrategy> parse_strategy(std::string_view name) noexcept {
  const auto* known = std::ranges::find(kStrategyNames, name);
  if (known == std::end(kStrategyNames)) return std::nullopt;
  return static_cast<RouteStrategy>(known - std::begin(kStrategyNames));
}

std::vector<std::size_t> Turns::order(std::vector<RankedTarget> targets) {
  switch (strategy_) {
    case RouteStrategy::priority:
      break;
    case RouteStrategy::weighted:
      to_front_by_weight(targets);
      break;
    case RouteStrategy::round_robin:
      rotate(targets);
      break;
    case RouteStrategy::lowest_cost:
      std::ranges::stable_sort(targets, is_cheaper);
      break;
    case RouteStrategy::lowest_latency:
      std::ranges::stable_sort(targets, is_quicker);
      break;
  }
  std::vector<std::size_t> order;
  order.reserve(targets.size());
  for (const RankedTarget& target : targets) order.push_back(target.index);
  return order;
}

std::vector<std::size_t> Turns::look(std::vector<RankedTarget> targets) const {
  Turns copy = *this;
  return copy.order(std::move(targets));
}

// Each run adds to every target's credit its weight, and who has most pays for all: the shares are exact over any
// sequence of as many runs as the weights sum to, and one target's runs are spread among the others'.
void Turns::to_front_by_weight(std::vector<RankedTarget>& targets) {
  std::int64_t sum = 0;
  std::size_t chosen = targets.size();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const RankedTarget& target = targets[i];
    if (credits_.size() <= target.index) credits_.resize(target.index + 1, 0);
    if (target.weight <= 0) continue;
    credits_[target.index] += target.weight;
    sum += target.weight;
    if (chosen == targets.size() || credits_[target.index] > credits_[targets[chosen].index]) chosen = i;
  }
  if (chosen == targets.size()) return;
  credits_[targets[chosen].index] -= sum;
  const std::size_t first = targets[chosen].index;
  std::ranges::stable_sort(targets, [first](const RankedTarget& a, const RankedTarget& b) {
    if ((a.index == first) != (b.index == first)) return a.index == first;
    return a.weight > b.weight;
  });
}

void Turns::rotate(std::vector<RankedTarget>& targets) {
  const auto turn = std::ranges::find_if(targets, [this](const RankedTarget& target) { return target.index >= next_; });
  if (turn != targets.end()) std::rotate(targets.begin(), turn, targets.end());
  if (!targets.empty()) next_ = targets.front().index + 1;
}

}  // namespace asmgr
