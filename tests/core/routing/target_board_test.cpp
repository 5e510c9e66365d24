#include "core/routing/target_board.hpp"

#include <gmock/gmock.h>

#include "tests/core/routing/support/manual_clock.hpp"

namespace asmgr {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ProviderInfo provider(std::string name) {
  ProviderInfo info;
  info.name = std::move(name);
  return info;
}

class TargetBoardTest : public ::testing::Test {
 protected:
  TargetBoard board(RouteSettings settings = {}, std::shared_ptr<const PriceTable> prices = nullptr) {
    return TargetBoard(settings, {{&infos_[0], 1}, {&infos_[1], 1}}, std::move(prices), clock_);
  }
  static void fail(TargetBoard& board, std::size_t target, const Error& error) {
    const auto permit = board.admit(target);
    ASSERT_TRUE(permit);
    board.failed(target, *permit, error);
  }
  static void serve(TargetBoard& board, std::size_t target, milliseconds latency, const std::string& session = "s") {
    board.served(target, board.admit(target), session, std::chrono::nanoseconds(latency).count());
  }

  testing::RoutingClock clock_;
  std::vector<ProviderInfo> infos_{provider("a"), provider("b")};
  const RouteQuestion any_{"", {}, ""};
};

TEST_F(TargetBoardTest, ATargetThatFailedCoolsDown) {
  TargetBoard board = this->board();
  fail(board, 0, Error(ErrorCode::provider_unavailable));
  const RouteChoice choice = board.choose(any_);
  EXPECT_THAT(choice.order, ElementsAre(1));
  EXPECT_EQ(choice.standings[0].left_out, "it cools down after provider_unavailable until 2026-01-01T00:00:30.000000Z");
  EXPECT_EQ(choice.standings[0].left_out_detail.at("reason").as_string(), "cooldown");
  EXPECT_FALSE(board.admit(0)) << "also when it was chosen before";
  clock_.pass(seconds(30));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(0, 1));
}

TEST_F(TargetBoardTest, AFailureOfTheRequestIsNoIllHealth) {
  TargetBoard board = this->board();
  for (int i = 0; i < 20; ++i) fail(board, 0, Error(ErrorCode::validation_error));
  fail(board, 0, Error(ErrorCode::policy_violation));
  fail(board, 0, Error(ErrorCode::cancelled));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(0, 1));
  EXPECT_EQ(board.choose(any_).standings[0].failures, 0U);
}

TEST_F(TargetBoardTest, HowLongTheOtherSideAsksForIsKeptTo) {
  TargetBoard board = this->board();
  fail(board, 0, Error(ErrorCode::provider_rate_limited).with_detail("retry_after_ms", 2000));
  clock_.pass(milliseconds(1999));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(1));
  clock_.pass(milliseconds(1));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(0, 1)) << "not the cooldown: the other side knows better";
}

TEST_F(TargetBoardTest, AWaitBeyondADayIsTakenForAnError) {
  TargetBoard board = this->board();
  fail(board, 0, Error(ErrorCode::provider_rate_limited).with_detail("retry_after_ms", INT64_MAX));
  clock_.pass(std::chrono::hours(24));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(0, 1));
}

TEST_F(TargetBoardTest, TheBreakerOpensAndIsProbedByOneRunAtATime) {
  RouteSettings settings;
  settings.cooldown = milliseconds(0);
  settings.circuit_breaker = {2, seconds(60), 1};
  TargetBoard board = this->board(settings);
  fail(board, 0, Error(ErrorCode::provider_timeout));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(0, 1)) << "without a cooldown one failure changes nothing";
  fail(board, 0, Error(ErrorCode::provider_timeout));
  RouteChoice choice = board.choose(any_);
  EXPECT_THAT(choice.order, ElementsAre(1));
  EXPECT_EQ(choice.standings[0].left_out, "its circuit breaker is open until 2026-01-01T00:01:00.000000Z");
  clock_.pass(seconds(60));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(0, 1));
  const auto probe = board.admit(0);
  ASSERT_TRUE(probe);
  EXPECT_FALSE(board.admit(0));
  choice = board.choose(any_);
  EXPECT_THAT(choice.order, ElementsAre(1));
  EXPECT_EQ(choice.standings[0].left_out_detail.at("reason").as_string(), "probes_under_way");
  board.served(0, probe, "s", 1);
  EXPECT_EQ(board.choose(any_).standings[0].breaker, CircuitBreaker::State::closed);
}

TEST_F(TargetBoardTest, ASessionStaysWithTheTargetThatServedIt) {
  TargetBoard board = this->board();
  serve(board, 1, milliseconds(1), "ses_1");
  EXPECT_THAT(board.choose({"ses_1", {}, ""}).order, ElementsAre(1, 0));
  EXPECT_THAT(board.choose({"ses_2", {}, ""}).order, ElementsAre(0, 1));
  fail(board, 1, Error(ErrorCode::provider_unavailable));
  EXPECT_THAT(board.choose({"ses_1", {}, ""}).order, ElementsAre(0)) << "but not beyond its health";
  clock_.pass(std::chrono::minutes(5));
  EXPECT_THAT(board.choose({"ses_1", {}, ""}).order, ElementsAre(0, 1)) << "nor beyond its time";
}

TEST_F(TargetBoardTest, ARunThatStaysTakesNobodysTurn) {
  RouteSettings settings;
  settings.strategy = RouteStrategy::round_robin;
  TargetBoard board = this->board(settings);
  serve(board, 0, milliseconds(1), "ses_1");
  EXPECT_THAT(board.choose({"ses_2", {}, ""}).order, ElementsAre(0, 1));
  EXPECT_THAT(board.choose({"ses_1", {}, ""}).order, ElementsAre(0, 1));
  EXPECT_THAT(board.choose({"ses_3", {}, ""}).order, ElementsAre(1, 0));
}

TEST_F(TargetBoardTest, OnlyWhoHasWhatIsRequiredMayServe) {
  infos_[1].capabilities.push_back({"bash", CapabilityType::tool, true, "", {}, {}});
  TargetBoard board = this->board();
  const std::vector<CapabilityNeed> needs{{CapabilityType::tool, "bash"}};
  const RouteChoice choice = board.choose({"", needs, ""});
  EXPECT_THAT(choice.order, ElementsAre(1));
  EXPECT_THAT(choice.standings[0].left_out, HasSubstr("tool \"bash\""));
  EXPECT_EQ(choice.standings[0].left_out_detail.at("reason").as_string(), "capability_missing");
}

TEST_F(TargetBoardTest, LowestCostPricesTheModelThatTheRunNames) {
  infos_[0].vendor = infos_[1].vendor = "v";
  infos_[0].models = {"big", "small"};
  infos_[1].models = {"middle"};
  const boost::json::value prices = {{"v",
                                      {{"big", {{"input", 10}, {"output", 10}}},
                                       {"small", {{"input", 1}, {"output", 1}}},
                                       {"middle", {{"input", 2}, {"output", 2}}}}}};
  auto table = PriceTable().with_overrides(prices.as_object());
  ASSERT_TRUE(table) << table.error().message();
  RouteSettings settings;
  settings.strategy = RouteStrategy::lowest_cost;
  TargetBoard board = this->board(settings, std::make_shared<const PriceTable>(*table));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(1, 0));
  EXPECT_THAT(board.choose({"", {}, "small"}).order, ElementsAre(0, 1));
}

TEST_F(TargetBoardTest, LatencyIsMeasuredAndForgotten) {
  RouteSettings settings;
  settings.strategy = RouteStrategy::lowest_latency;
  TargetBoard board = this->board(settings);
  serve(board, 0, milliseconds(300));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(1, 0)) << "the other one is to be measured";
  serve(board, 1, milliseconds(600));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(0, 1));
  serve(board, 0, milliseconds(3000));
  EXPECT_THAT(board.choose(any_).order, ElementsAre(1, 0)) << "1200 ms by now";
  clock_.pass(TargetBoard::kLatencyKept);
  EXPECT_FALSE(board.choose(any_).standings[0].latency_ns);
}

TEST_F(TargetBoardTest, WithoutALeaveAnOutcomeDoesNotCount) {
  TargetBoard board = this->board();
  board.served(0, std::nullopt, "ses_1", 1);
  EXPECT_EQ(board.sticky_sessions(), 1U) << "the session has been served all the same";
}

}  // namespace
}  // namespace asmgr
