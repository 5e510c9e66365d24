// A log to prune: events one after the other, and what a policy and a cap take from them.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/retention/log_pruning.hpp"

namespace asmgr::test {

class PrunedLog {
 public:
  // Returns the event's number.
  std::uint64_t add(EventType type, const std::string& run = "run_1", std::int64_t attempt = 1,
                    const std::string& call = {}) {
    Event& event = events.emplace_back();
    event.sequence_number = events.size();
    event.type = type;
    event.type_name = std::string(type_name(type));
    event.run_id = run;
    event.metadata = "{\"attempt\":" + std::to_string(attempt) + "}";
    if (!call.empty()) event.data = "{\"tool_call_id\":\"" + call + "\"}";
    return event.sequence_number;
  }

  // The numbers that lose their text, in order.
  [[nodiscard]] std::vector<std::uint64_t> pruned_to(std::uint64_t cap) const {
    return pruned_by([cap](const PruneCount& count) { return count.to_prune(cap); });
  }
  // The same, for as many as are asked for.
  [[nodiscard]] std::vector<std::uint64_t> pruned_by(
      const std::function<std::uint64_t(const PruneCount&)>& how_many) const {
    PruneCount count;
    newest_first([&count](std::uint64_t, PruneRank rank) { count.add(rank); });
    PruneChoice choice(count, how_many(count));
    FallingNumbers falling;
    newest_first([&](std::uint64_t number, PruneRank rank) {
      if (choice.takes(rank)) falling.add(number);
    });
    std::vector<std::uint64_t> numbers;
    for (const SequenceRange& range : falling.take()) {
      for (std::uint64_t number = range.first; number <= range.last; ++number) numbers.push_back(number);
    }
    return numbers;
  }

  void newest_first(const std::function<void(std::uint64_t, PruneRank)>& visit) const {
    PruneRanking ranking(policy, live_runs);
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      visit(event->sequence_number, ranking.rank(view_of(*event)));
    }
  }

  std::vector<Event> events;
  RetentionPolicy policy;
  std::set<std::string, std::less<>> live_runs;
};

}  // namespace asmgr::test
