// Which events lose their text, and in which order.
#include <gmock/gmock.h>

#include "tests/core/retention/pruned_log.hpp"

namespace asmgr {
namespace {

using test::PrunedLog;
using testing::ElementsAre;
using testing::IsEmpty;
using Numbers = std::vector<std::uint64_t>;

TEST(LogPruning, TakesNothingFromALogThatIsShortEnough) {
  PrunedLog log;
  log.add(EventType::message_sent);
  log.add(EventType::message_received);
  EXPECT_THAT(log.pruned_to(2), IsEmpty());
}

TEST(LogPruning, TakesTheOldestOrdinaryTextsDownToTheCap) {
  PrunedLog log;
  for (int i = 0; i < 5; ++i) log.add(EventType::message_sent);
  EXPECT_THAT(log.pruned_to(3), ElementsAre(1U, 2U));
}

TEST(LogPruning, TakesDeltasBeforeAnOlderMessage) {
  PrunedLog log;
  log.add(EventType::message_sent);
  const auto delta = log.add(EventType::message_streamed);
  log.add(EventType::message_received);
  EXPECT_THAT(log.pruned_to(2), ElementsAre(delta));
}

TEST(LogPruning, TakesSupersededDeltasBeforeTypesThatGoFirst) {
  PrunedLog log;
  log.add(EventType::token_usage_updated);
  const auto delta = log.add(EventType::reasoning_streamed);
  log.add(EventType::message_received);
  EXPECT_THAT(log.pruned_to(2), ElementsAre(delta));
  EXPECT_THAT(log.pruned_to(1), ElementsAre(1U, 2U));
}

TEST(LogPruning, ADeltaWithoutItsWholeIsAsGoodAsTheWhole) {
  PrunedLog log;
  log.policy.prune_event_types_first.clear();
  log.add(EventType::message_sent);
  log.add(EventType::message_streamed);
  EXPECT_THAT(log.pruned_to(1), ElementsAre(1U)) << "only the oldest";
}

TEST(LogPruning, AWholeOfAnotherAttemptSupersedesNothing) {
  PrunedLog log;
  log.policy.prune_event_types_first.clear();
  log.add(EventType::message_sent);
  log.add(EventType::message_streamed, "run_1", 1);
  const auto second = log.add(EventType::message_streamed, "run_1", 2);
  log.add(EventType::message_received, "run_1", 2);
  EXPECT_THAT(log.pruned_to(3), ElementsAre(second));
}

TEST(LogPruning, AWholeOfAnotherRunSupersedesNothing) {
  PrunedLog log;
  log.policy.prune_event_types_first.clear();
  log.add(EventType::message_sent);
  log.add(EventType::message_streamed, "run_1");
  log.add(EventType::message_received, "run_2");
  EXPECT_THAT(log.pruned_to(2), ElementsAre(1U));
}

TEST(LogPruning, AToolInputIsSupersededByTheStartOfThatVeryCall) {
  PrunedLog log;
  log.policy.prune_event_types_first.clear();
  log.add(EventType::message_sent);
  log.add(EventType::tool_input_streamed, "run_1", 1, "never_started");
  const auto started = log.add(EventType::tool_input_streamed, "run_1", 1, "started");
  log.add(EventType::tool_call_started, "run_1", 1, "started");
  EXPECT_THAT(log.pruned_to(3), ElementsAre(started));
}

TEST(LogPruning, AWholeThatLostItsTextSupersedesNothing) {
  PrunedLog log;
  log.policy.prune_event_types_first.clear();
  log.add(EventType::message_sent);
  log.add(EventType::message_streamed);
  log.add(EventType::message_received);
  log.events.back().pruned = true;
  EXPECT_THAT(log.pruned_to(1), ElementsAre(1U));
}

TEST(LogPruning, PrunedEventsDoNotCount) {
  PrunedLog log;
  for (int i = 0; i < 4; ++i) log.add(EventType::message_sent);
  log.events[0].pruned = log.events[1].pruned = true;
  EXPECT_THAT(log.pruned_to(2), IsEmpty());
  EXPECT_THAT(log.pruned_to(1), ElementsAre(3U));
}

TEST(LogPruning, NeverTakesWhatBeginsOrEndsSomething) {
  PrunedLog log;
  for (const EventType type : all_event_types()) log.add(type);
  const Numbers all = log.pruned_to(0);
  std::vector<std::string> kept;
  for (const Event& event : log.events) {
    const bool taken = std::find(all.begin(), all.end(), event.sequence_number) != all.end();
    EXPECT_NE(taken, is_protected(event.type)) << event.type_name;
    if (!taken) kept.push_back(event.type_name);
  }
  EXPECT_THAT(kept, testing::UnorderedElementsAre("session_created", "session_completed", "session_failed",
                                                  "session_cancelled", "run_started", "run_completed", "run_failed",
                                                  "run_cancelled", "run_timeout", "error_occurred"));
}

TEST(LogPruning, NeverTakesFromARunThatGoesOn) {
  PrunedLog log;
  log.live_runs = {"run_2"};
  log.add(EventType::message_sent, "run_1");
  log.add(EventType::message_sent, "run_2");
  log.add(EventType::message_streamed, "run_2");
  log.add(EventType::message_received, "run_2");
  EXPECT_THAT(log.pruned_to(0), ElementsAre(1U));
}

// The memory of the ranking: what a run left behind is forgotten where it began.
TEST(LogPruning, ARunThatBeganIsForgotten) {
  PrunedLog log;
  log.policy.prune_event_types_first.clear();
  log.add(EventType::message_streamed, "run_1");
  log.add(EventType::run_started, "run_1");
  log.add(EventType::message_received, "run_1");
  std::vector<PruneRank> ranks;
  log.newest_first([&ranks](std::uint64_t, PruneRank rank) { ranks.push_back(rank); });
  EXPECT_THAT(ranks, ElementsAre(PruneRank::ordinary, PruneRank::kept, PruneRank::ordinary));
}

// However short the log is.
TEST(LogPruning, SupersededDeltasCanBeAskedForAlone) {
  PrunedLog log;
  log.add(EventType::message_sent);
  const auto first = log.add(EventType::message_streamed);
  const auto second = log.add(EventType::reasoning_streamed);
  log.add(EventType::message_received);
  log.add(EventType::message_streamed);
  EXPECT_THAT(log.pruned_by([](const PruneCount& count) { return count.superseded; }), ElementsAre(first, second));
}

TEST(LogPruning, SaysHowManyOfWhatGoesAreDeltas) {
  PruneCount count;
  count.superseded = 3;
  count.ordinary = 4;
  EXPECT_EQ(count.deltas_among(2), 2U);
  EXPECT_EQ(count.deltas_among(5), 3U);
}

TEST(LogPruning, NumbersThatTouchBecomeOneRange) {
  FallingNumbers falling;
  for (const std::uint64_t number : {9U, 8U, 7U, 3U, 1U}) falling.add(number);
  EXPECT_EQ(falling.numbers(), 5U);
  EXPECT_THAT(falling.take(), ElementsAre(SequenceRange{1, 1}, SequenceRange{3, 3}, SequenceRange{7, 9}));
  EXPECT_EQ(falling.ranges(), 0U);
  EXPECT_EQ(falling.numbers(), 0U);
}

}  // namespace
}  // namespace asmgr
