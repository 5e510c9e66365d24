#include "core/pipeline/topic.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace asmgr {
namespace {

PublishedPtr unit_of(std::uint64_t first, std::size_t count) {
  auto unit = std::make_shared<PublishedUnit>();
  unit->events.resize(count);
  for (std::size_t i = 0; i < count; ++i) unit->events[i].sequence_number = first + i;
  return unit;
}

TEST(Topic, DeliversUnitsInOrderToEverySubscriber) {
  Topic topic;
  auto one = std::make_shared<Subscription>();
  auto two = std::make_shared<Subscription>();
  topic.subscribe(one);
  topic.subscribe(two);
  topic.publish(unit_of(1, 2));
  topic.publish(unit_of(3, 1));
  for (const auto& subscription : {one, two}) {
    const Subscription::Inbox inbox = subscription->take();
    ASSERT_EQ(inbox.units.size(), 2U);
    EXPECT_EQ(inbox.units[1]->events[0].sequence_number, 3U);
    EXPECT_FALSE(inbox.read_store);
  }
}

TEST(Topic, ASubscriberThatDoesNotKeepUpIsSentToTheStore) {
  Topic topic;
  auto slow = std::make_shared<Subscription>();
  topic.subscribe(slow);
  for (std::uint64_t i = 0; i < 100; ++i) topic.publish(unit_of(1 + i * 100, 100));
  const Subscription::Inbox inbox = slow->take();
  EXPECT_TRUE(inbox.read_store);
  std::size_t held = 0;
  for (const auto& unit : inbox.units) held += unit->events.size();
  EXPECT_LE(held, Subscription::kMaxQueuedEvents);
}

TEST(Topic, WaitReturnsWhenSomethingIsPublished) {
  Topic topic;
  auto subscription = std::make_shared<Subscription>();
  topic.subscribe(subscription);
  std::thread publisher([&] { topic.publish(unit_of(1, 1)); });
  subscription->wait(std::chrono::seconds(10));
  publisher.join();
  EXPECT_EQ(subscription->take().units.size(), 1U);
}

TEST(Topic, NothingReachesAnUnsubscribedOne) {
  Topic topic;
  auto subscription = std::make_shared<Subscription>();
  topic.subscribe(subscription);
  topic.unsubscribe(subscription.get());
  EXPECT_FALSE(topic.has_subscribers());
  topic.publish(unit_of(1, 1));
  EXPECT_TRUE(subscription->take().units.empty());
}

TEST(TopicTable, GivesOneTopicPerSessionWhileItIsUsed) {
  TopicTable table;
  auto first = table.get("ses_1");
  EXPECT_EQ(first, table.get("ses_1"));
  EXPECT_NE(first, table.get("ses_2"));
  first.reset();
  EXPECT_EQ(table.find("ses_1"), nullptr);
}

}  // namespace
}  // namespace asmgr
