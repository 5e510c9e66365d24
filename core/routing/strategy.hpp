// In which order the targets of a router are tried.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/cost/money.hpp"

namespace asmgr {

enum class RouteStrategy : std::uint8_t {
  priority,        // as they are listed
  weighted,        // each as often as its weight says; 0 = only when the others cannot
  round_robin,     // each in its turn
  lowest_cost,     // the cheapest first; an unknown price comes last
  lowest_latency,  // the quickest first; who was not measured lately comes before, to be measured
};
[[nodiscard]] std::string_view strategy_name(RouteStrategy strategy) noexcept;
[[nodiscard]] std::optional<RouteStrategy> parse_strategy(std::string_view name) noexcept;

// A target as a strategy sees it.
struct RankedTarget {
  std::size_t index = 0;  // in the router's list
  std::int64_t weight = 1;
  std::optional<Money> price;
  std::optional<std::int64_t> latency_ns;
};

// What a strategy remembers from one run to the next. Serial use.
class Turns {
 public:
  explicit Turns(RouteStrategy strategy) : strategy_(strategy) {}

  // The targets, given in the order of the list, in the order in which to try them. Takes a turn where the strategy has
  // turns.
  [[nodiscard]] std::vector<std::size_t> order(std::vector<RankedTarget> targets);
  // The order that would come next.
  [[nodiscard]] std::vector<std::size_t> look(std::vector<RankedTarget> targets) const;

 private:
  void to_front_by_weight(std::vector<RankedTarget>& targets);
  void rotate(std::vector<RankedTarget>& targets);

  RouteStrategy strategy_;
  std::size_t next_ = 0;               // of round_robin: who has the turn
  std::vector<std::int64_t> credits_;  // of weighted, by index: what each is owed
};

}  // namespace asmgr
