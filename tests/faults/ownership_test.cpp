// The rules about owners: nothing is said about what is right, and each kind of defect that is planted is found.
#include <gtest/gtest.h>

#include "tests/faults/checker/ownership.hpp"

namespace asmgr::faults {
namespace {

// Two owners of one session, one after another, and what they were told.
struct Case {
  std::vector<HeadState> heads = {
      {"s", "one", 1, 2}, {"s", "one", 1, 3}, {"s", "", 1, 3}, {"s", "two", 2, 4}, {"s", "two", 2, 4}};
  simulation::Snapshot stored;
  std::vector<Acknowledged> acknowledged;

  Case() {
    for (std::uint64_t number = 1; number <= 4; ++number) {
      simulation::StoredEvent event;
      event.number = number;
      event.id = "evt_" + std::to_string(number);
      event.type = "message_sent";
      event.hash = std::string(32, static_cast<char>(number));
      stored.sessions["s"].events.push_back(event);
      const std::uint64_t epoch = number < 4 ? 1 : 2;
      acknowledged.push_back({"s", epoch == 1 ? "one" : "two", epoch, number, event.id, event.type, event.hash});
    }
  }
  [[nodiscard]] std::string rules() const {
    std::string found;
    for (const auto& finding : check_ownership(heads, stored, acknowledged)) found += finding.rule + " ";
    return found;
  }
};

TEST(Ownership, SaysNothingAboutWhatIsRight) {
  EXPECT_EQ(Case().rules(), "");
}

TEST(Ownership, FindsAnEventThatWasLost) {
  Case made;
  made.stored.sessions["s"].events.pop_back();
  EXPECT_EQ(made.rules(), "acknowledged ");
}

TEST(Ownership, FindsAnEventThatWasChanged) {
  Case made;
  made.stored.sessions["s"].events[1].hash[0] = 'x';
  EXPECT_EQ(made.rules(), "acknowledged ");
}

TEST(Ownership, FindsAnotherEventInTheSamePlace) {
  Case made;
  made.stored.sessions["s"].events[1].id = "evt_9";
  EXPECT_EQ(made.rules(), "acknowledged ");
}

TEST(Ownership, FindsALostSession) {
  Case made;
  made.stored.sessions.clear();
  EXPECT_EQ(made.rules(), "acknowledged acknowledged acknowledged acknowledged ");
}

TEST(Ownership, FindsAWriteInTheEpochOfAnother) {
  Case made;
  made.acknowledged[3].epoch = 1;
  EXPECT_EQ(made.rules(), "epoch ");
}

TEST(Ownership, FindsAnEpochThatFalls) {
  Case made;
  made.heads[4].epoch = 1;
  EXPECT_NE(made.rules().find("epoch "), std::string::npos);
}

TEST(Ownership, FindsAnEpochThatIsLeftOut) {
  Case made;
  made.heads[3].epoch = made.heads[4].epoch = 3;
  EXPECT_NE(made.rules().find("epoch "), std::string::npos);
}

TEST(Ownership, FindsTwoOwnersOfOneEpoch) {
  Case made;
  made.heads[4].owner = "one";
  EXPECT_EQ(made.rules(), "epoch ");
}

TEST(Ownership, FindsNumbersThatFall) {
  Case made;
  made.heads[4].last_number = 3;
  EXPECT_EQ(made.rules(), "epoch ");
}

TEST(Ownership, FindsAnIntruder) {
  Case made;
  made.stored.sessions["s"].events[0].id = made.acknowledged[0].id = std::string(kIntruder) + "1";
  EXPECT_EQ(made.rules(), "stale ");
}

}  // namespace
}  // namespace asmgr::faults
