// Random logs against the rule as a person would say it, with everything in memory.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "tests/core/retention/pruned_log.hpp"
#include "tests/support/seed.hpp"

namespace asmgr {
namespace {

using test::PrunedLog;
using Numbers = std::vector<std::uint64_t>;

constexpr std::uint32_t kRandomLogs = 400;

PrunedLog random_log(std::mt19937& random) {
  const auto number = [&random](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(random);
  };
  PrunedLog log;
  const auto types = all_event_types();
  if (number(2) == 0) log.policy.prune_event_types_first = {"message_received", "run_started"};
  if (number(2) == 0) log.live_runs = {"run_1"};
  for (std::size_t left = number(60); left > 0; --left) {
    const std::string run = "run_" + std::to_string(number(2));
    const auto attempt = static_cast<std::int64_t>(1 + number(1));
    const EventType deltas[] = {EventType::message_streamed, EventType::reasoning_streamed,
                                EventType::tool_input_streamed, EventType::message_received,
                                EventType::tool_call_started};
    // Without run_started: what it forgets is a matter of its own.
    EventType type = number(1) == 0 ? deltas[number(4)] : types[number(types.size() - 1)];
    if (type == EventType::run_started) type = EventType::run_completed;
    log.add(type, run, attempt, "call_" + std::to_string(number(2)));
    log.events.back().pruned = number(6) == 0;
  }
  return log;
}

bool says_the_whole(const Event& delta, const Event& later) {
  if (later.pruned || later.run_id != delta.run_id || later.metadata != delta.metadata) return false;
  const bool message = later.type == EventType::message_received;
  const bool start = later.type == EventType::tool_call_started;
  switch (delta.type) {
    case EventType::message_streamed:
      return message;
    case EventType::reasoning_streamed:
      return message || start;
    case EventType::tool_input_streamed:
      return start && later.data == delta.data;
    default:
      return false;
  }
}

PruneRank rank_by_the_rule(const PrunedLog& log, const Event& event) {
  if (event.pruned) return PruneRank::gone;
  if (is_protected(event.type) || log.live_runs.contains(event.run_id)) return PruneRank::kept;
  for (std::size_t later = event.sequence_number; later < log.events.size(); ++later) {
    if (says_the_whole(event, log.events[later])) return PruneRank::superseded;
  }
  const auto& first = log.policy.prune_event_types_first;
  return std::find(first.begin(), first.end(), event.type_name) != first.end() ? PruneRank::first : PruneRank::ordinary;
}

Numbers pruned_by_the_rule(const PrunedLog& log, std::uint64_t cap) {
  std::vector<std::pair<PruneRank, std::uint64_t>> candidates;
  std::size_t texts = 0;
  for (const Event& event : log.events) {
    const PruneRank rank = rank_by_the_rule(log, event);
    texts += rank == PruneRank::gone ? 0U : 1U;
    if (rank < PruneRank::kept) candidates.emplace_back(rank, event.sequence_number);
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.resize(std::min(candidates.size(), texts > cap ? texts - cap : 0));
  Numbers numbers;
  for (const auto& candidate : candidates) numbers.push_back(candidate.second);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

TEST(LogPruningProperty, AgreesWithTheRuleForEveryLogAndCap) {
  const std::uint32_t begin = test::seed_or(1);
  for (std::uint32_t seed = begin; seed < begin + kRandomLogs; ++seed) {
    std::mt19937 random(seed);
    const PrunedLog log = random_log(random);
    for (std::uint64_t cap = 0; cap <= log.events.size(); cap += 1 + random() % 5) {
      ASSERT_EQ(log.pruned_to(cap), pruned_by_the_rule(log, cap)) << test::seed_text(seed) << "cap " << cap;
    }
  }
}

TEST(LogPruningProperty, NothingIsLeftToDoAfterwards) {
  const std::uint32_t begin = test::seed_or(1);
  for (std::uint32_t seed = begin; seed < begin + kRandomLogs; ++seed) {
    std::mt19937 random(seed);
    PrunedLog log = random_log(random);
    const std::uint64_t cap = random() % (log.events.size() + 1);
    for (const std::uint64_t number : log.pruned_to(cap)) log.events[number - 1].pruned = true;
    ASSERT_EQ(log.pruned_to(cap), Numbers()) << test::seed_text(seed) << "cap " << cap;
  }
}

// Another host has done a part of the same work meanwhile, from the newest event down: together they take no more.
TEST(LogPruningProperty, TwoHostsTogetherTakeNoMoreThanOne) {
  const std::uint32_t begin = test::seed_or(1);
  for (std::uint32_t seed = begin; seed < begin + kRandomLogs; ++seed) {
    std::mt19937 random(seed);
    PrunedLog log = random_log(random);
    const std::uint64_t cap = random() % (log.events.size() + 1);
    const Numbers all = log.pruned_to(cap);
    const std::size_t done = all.empty() ? 0 : random() % (all.size() + 1);
    for (auto number = all.rbegin(); number != all.rbegin() + static_cast<std::ptrdiff_t>(done); ++number) {
      log.events[*number - 1].pruned = true;
    }
    const Numbers then = log.pruned_to(cap);
    ASSERT_LE(then.size() + done, all.size()) << test::seed_text(seed) << "cap " << cap;
  }
}

}  // namespace
}  // namespace asmgr
