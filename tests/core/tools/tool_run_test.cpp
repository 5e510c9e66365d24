// What may come between the steps of a run: a cancel, a pause, an answer that is late.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/core/tools/loop_by_hand.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ToolLoopOptions one_at_a_time() {
  ToolLoopOptions options;
  options.parallel = 1;
  return options;
}

TEST(ToolRun, ThatIsCancelledWhileTheModelAsksForToolsAsksForNoneAndEnds) {
  LoopByHand by_hand;
  by_hand.begin();
  by_hand.cancel();
  EXPECT_EQ(by_hand.model->cancels, 1);
  EXPECT_FALSE(by_hand.engine.finished()) << "the model has still to end";
  by_hand.model->want(1, {"echo"});
  EXPECT_EQ(by_hand.engine.finished(), FinishStatus::cancelled);
  EXPECT_THAT(by_hand.engine.said(), ElementsAre());
  EXPECT_EQ(by_hand.calls(), 0);
  EXPECT_EQ(by_hand.model->starts(), 1U);
}

TEST(ToolRun, ThatIsCancelledBeforeAnAnswerStartsNoTool) {
  LoopByHand by_hand;
  by_hand.begin();
  by_hand.model->want(1, {"echo", "echo"});
  by_hand.cancel();
  EXPECT_EQ(by_hand.engine.finished(), FinishStatus::cancelled);
  by_hand.allow(0);
  by_hand.deny(1);
  EXPECT_EQ(by_hand.calls(), 0);
  EXPECT_EQ(by_hand.model->starts(), 1U);
  EXPECT_TRUE(by_hand.engine.was_told_in_time());
}

TEST(ToolRun, ThatIsCancelledInTheMidstOfItsQuestionsAsksNoFurther) {
  LoopByHand by_hand;
  by_hand.engine.on_ask = [&](std::uint64_t) {
    by_hand.cancel();
    EXPECT_FALSE(by_hand.engine.finished()) << "while something is being said";
  };
  by_hand.begin();
  by_hand.model->want(1, {"echo", "echo"});
  EXPECT_THAT(by_hand.engine.said(), ElementsAre("asked"));
  EXPECT_EQ(by_hand.engine.finished(), FinishStatus::cancelled);
  EXPECT_TRUE(by_hand.engine.was_told_in_time());
}

TEST(ToolRun, ThatIsCancelledWhileToolsRunStopsThemAndTakesNoResult) {
  LoopByHand by_hand(one_at_a_time());
  by_hand.begin();
  by_hand.model->want(1, {"hang", "echo"});
  by_hand.allow(0);
  by_hand.allow(1);
  ASSERT_EQ(by_hand.calls(), 1);
  by_hand.cancel();
  EXPECT_EQ(by_hand.server->cancels, 1);
  by_hand.answer_hanging();
  EXPECT_EQ(by_hand.engine.finished(), FinishStatus::cancelled);
  EXPECT_THAT(by_hand.engine.said(), ElementsAre("asked", "asked"));
  EXPECT_EQ(by_hand.calls(), 1) << "the one that waited for its turn does not run";
  EXPECT_EQ(by_hand.model->starts(), 1U);
}

TEST(ToolRun, ThatIsCancelledWhileAResultIsBeingToldEndsOnceItHasBeen) {
  LoopByHand by_hand;
  by_hand.engine.on_emit = [&](const std::string& type) {
    if (type != "tool_call_completed") return EmitAnswer::go_on;
    by_hand.cancel();
    EXPECT_FALSE(by_hand.engine.finished()) << "while something is being said";
    return EmitAnswer::go_on;
  };
  by_hand.begin();
  by_hand.model->want(1, {"echo"});
  by_hand.allow(0);
  EXPECT_EQ(by_hand.engine.finished(), FinishStatus::cancelled);
  EXPECT_EQ(by_hand.model->starts(), 1U);
  EXPECT_TRUE(by_hand.engine.was_told_in_time());
}

TEST(ToolRun, ThatIsCancelledBeforeItsNextModelCallHasBegunCancelsThatCall) {
  LoopByHand by_hand;
  by_hand.begin();
  by_hand.model->in_start = [&] { by_hand.cancel(); };
  by_hand.model->want(1, {"echo"});
  by_hand.allow(0);
  ASSERT_EQ(by_hand.model->starts(), 2U);
  EXPECT_EQ(by_hand.model->cancels, 2) << "the order, and once more when there was something to cancel";
  by_hand.model->finish(2, FinishStatus::cancelled);
  EXPECT_EQ(by_hand.engine.finished(), FinishStatus::cancelled);
}

TEST(ToolRun, TakesNoAnswerOfAnEarlierTurnForOneOfThisTurn) {
  LoopByHand by_hand;
  FakeToolServer::Answer kept;
  by_hand.server->add("twice", [&](const boost::json::object&, FakeToolServer::Answer answer) {
    kept = answer;
    answer({false, "first"});
  });
  by_hand.begin();
  by_hand.model->want(1, {"twice"});
  by_hand.allow(0);
  by_hand.model->want(2, {"hang"});
  by_hand.allow(0);  // the question of the first turn
  EXPECT_EQ(by_hand.calls(), 1);
  by_hand.allow(1);
  EXPECT_EQ(by_hand.calls(), 2);
  kept({false, "again"});
  EXPECT_EQ(by_hand.model->starts(), 2U) << "the tool of the second turn still runs";
  by_hand.answer_hanging("its own");
  ASSERT_EQ(by_hand.model->starts(), 3U);
  EXPECT_THAT(by_hand.model->turn(3).transcript, HasSubstr("its own"));
}

TEST(ToolRun, StopsTheToolOfThisTurnWhenToolsOfEarlierOnesAnsweredAtOnce) {
  LoopByHand by_hand;
  by_hand.begin();
  // The second turn begins, and has its tool running, inside the answer to the first one's.
  by_hand.engine.on_ask = [&](std::uint64_t) { by_hand.allow(by_hand.engine.tickets().size() - 1); };
  by_hand.model->in_start = [&] { by_hand.model->want(2, {"hang"}); };
  by_hand.model->want(1, {"echo"});
  ASSERT_EQ(by_hand.calls(), 2);
  by_hand.cancel();
  EXPECT_EQ(by_hand.server->last_cancelled, 2U);
}

TEST(ToolRun, WaitsWithTheNextModelCallUntilThereIsRoom) {
  LoopByHand by_hand;
  by_hand.engine.on_emit = [](const std::string& type) {
    return type == "tool_call_completed" ? EmitAnswer::pause : EmitAnswer::go_on;
  };
  by_hand.begin();
  by_hand.model->want(1, {"echo"});
  by_hand.allow(0);
  EXPECT_EQ(by_hand.model->starts(), 1U);
  by_hand.resume();
  EXPECT_EQ(by_hand.model->starts(), 2U);
  by_hand.resume();
  EXPECT_EQ(by_hand.model->starts(), 2U) << "one resume too many begins nothing";
  by_hand.model->finish(2, FinishStatus::completed);
  EXPECT_EQ(by_hand.engine.finished(), FinishStatus::completed);
}

TEST(ToolRun, BeginsOneModelCallHoweverOftenItIsTold) {
  LoopByHand by_hand;
  by_hand.engine.on_emit = [](const std::string& type) {
    return type == "tool_call_completed" ? EmitAnswer::pause : EmitAnswer::go_on;
  };
  by_hand.begin();
  by_hand.model->in_start = [&] { by_hand.resume(); };
  by_hand.model->want(1, {"echo"});
  by_hand.allow(0);
  std::thread one([&] { by_hand.resume(); });
  std::thread two([&] { by_hand.resume(); });
  one.join();
  two.join();
  EXPECT_EQ(by_hand.model->starts(), 2U);
}

TEST(ToolRun, DoesNotLoseAWordThatComesBeforeTheAnswerToPause) {
  LoopByHand by_hand;
  by_hand.engine.on_emit = [&](const std::string& type) {
    if (type != "tool_call_completed") return EmitAnswer::go_on;
    by_hand.resume();  // of this very pause
    return EmitAnswer::pause;
  };
  by_hand.begin();
  by_hand.model->want(1, {"echo"});
  by_hand.allow(0);
  EXPECT_EQ(by_hand.model->starts(), 2U);
}

TEST(ToolRun, StartsNoFurtherToolWhileThereIsNoRoom) {
  LoopByHand by_hand(one_at_a_time());
  by_hand.engine.on_emit = [](const std::string& type) {
    return type == "tool_call_completed" ? EmitAnswer::pause : EmitAnswer::go_on;
  };
  by_hand.begin();
  by_hand.model->want(1, {"echo", "echo", "echo"});
  for (std::size_t i = 0; i < 3; ++i) by_hand.allow(i);
  EXPECT_EQ(by_hand.calls(), 1);
  by_hand.resume();
  EXPECT_EQ(by_hand.calls(), 2);
  by_hand.resume();
  EXPECT_EQ(by_hand.calls(), 3);
  EXPECT_EQ(by_hand.model->starts(), 1U);
  by_hand.resume();
  EXPECT_EQ(by_hand.model->starts(), 2U);
}

TEST(ToolRun, APauseThatTheModelWasGivenHoldsItsToolsBackToo) {
  LoopByHand by_hand;
  by_hand.engine.on_emit = [](const std::string&) { return EmitAnswer::pause; };
  by_hand.begin();
  EXPECT_EQ(by_hand.model->say(1), EmitAnswer::pause);
  by_hand.model->want(1, {"echo"});
  by_hand.allow(0);
  EXPECT_EQ(by_hand.calls(), 0);
  by_hand.resume();
  EXPECT_EQ(by_hand.calls(), 1);
}

TEST(ToolRun, TellsTheModelThatSpeaksThatThereIsRoom) {
  LoopByHand by_hand;
  by_hand.begin();
  by_hand.model->want(1, {"echo"});
  by_hand.allow(0);
  by_hand.resume();
  EXPECT_EQ(by_hand.model->resumed, by_hand.model->turn(2).start);
}

TEST(ToolRun, ThatWaitsForRoomCanBeCancelled) {
  LoopByHand by_hand;
  by_hand.engine.on_emit = [](const std::string&) { return EmitAnswer::pause; };
  by_hand.begin();
  by_hand.model->want(1, {"echo"});
  by_hand.resume();
  by_hand.allow(0);
  by_hand.cancel();
  EXPECT_EQ(by_hand.engine.finished(), FinishStatus::cancelled);
  by_hand.resume();
  EXPECT_EQ(by_hand.model->starts(), 1U);
}

TEST(ToolRun, EndsOnceWhateverComesAtTheSameTime) {
  for (int round = 0; round < 200; ++round) {
    LoopByHand by_hand;
    by_hand.begin();
    by_hand.model->want(1, {"hang", "hang"});
    by_hand.allow(0);
    by_hand.allow(1);
    std::thread answering([&] { by_hand.answer_hanging(); });
    std::thread cancelling([&] { by_hand.cancel(); });
    std::thread resuming([&] { by_hand.resume(); });
    answering.join();
    cancelling.join();
    resuming.join();
    if (by_hand.model->starts() == 2) by_hand.model->want(2, {"echo"});
    ASSERT_EQ(by_hand.engine.finished(), FinishStatus::cancelled);
    ASSERT_TRUE(by_hand.engine.was_told_in_time());
  }
}

}  // namespace
}  // namespace asmgr::testing
