#include <gtest/gtest.h>

#include <functional>

#include "core/model/hash_chain.hpp"
#include "core/model/id.hpp"
#include "tests/core/model/test_time.hpp"

namespace asmgr {
namespace {

std::vector<Event> make_log(std::size_t length) {
  std::vector<Event> log;
  EventHasher hasher;
  Hash previous = hasher.first("ses_a");
  for (std::size_t i = 1; i <= length; ++i) {
    Event event = *make_event({.type = EventType::message_streamed,
                               .session_id = "ses_a",
                               .run_id = "run_1",
                               .data = {{"content", std::to_string(i)}},
                               .metadata = {},
                               .id = {}},
                              kNow);
    event.provider = "best";
    event.correlation_id = "c";
    event.sequence_number = i;
    EventView view = view_of(event);
    previous = hasher.chain(previous, view);
    event.hash = view.hash;
    event.body_hash = view.body_hash;
    log.push_back(std::move(event));
  }
  return log;
}

Result<void> verify(const std::vector<Event>& log, ChainVerifier& verifier) {
  for (const Event& event : log) {
    if (auto checked = verifier.next(view_of(event)); !checked) return checked;
  }
  return {};
}

Result<void> verify(const std::vector<Event>& log) {
  ChainVerifier verifier("ses_a");
  return verify(log, verifier);
}

TEST(ChainVerifier, AcceptsALogAsItWasWritten) {
  const auto log = make_log(20);
  ChainVerifier verifier("ses_a");
  const auto checked = verify(log, verifier);
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_EQ(verifier.last_sequence(), 20u);
  EXPECT_EQ(verifier.last_hash(), log.back().hash);
  EXPECT_EQ(verifier.pruned(), 0u);
}

TEST(ChainVerifier, RefusesTheLogOfAnotherSession) {
  ChainVerifier verifier("ses_b");
  EXPECT_FALSE(verify(make_log(1), verifier));
}

TEST(ChainVerifier, FindsEveryEditOfOneField) {
  const std::pair<std::string_view, std::function<void(Event&)>> edits[] = {
      {"id", [](Event& e) { e.id += 'x'; }},
      {"type_name", [](Event& e) { e.type_name = "message_received"; }},
      {"type", [](Event& e) { e.type = EventType::message_received; }},
      {"type_name and type",
       [](Event& e) {
         e.type = EventType::run_failed;
         e.type_name = "run_failed";
       }},
      {"timestamp", [](Event& e) { ++e.timestamp.us; }},
      {"run_id", [](Event& e) { e.run_id.clear(); }},
      {"sequence_number", [](Event& e) { e.sequence_number += 1; }},
      {"schema_version", [](Event& e) { e.schema_version = 2; }},
      {"provider", [](Event& e) { e.provider = "other"; }},
      {"correlation_id", [](Event& e) { e.correlation_id = "d"; }},
      {"provider and correlation_id swapped", [](Event& e) { std::swap(e.provider, e.correlation_id); }},
      {"data", [](Event& e) { e.data.back() = ' '; }},
      {"data to metadata", [](Event& e) { std::swap(e.data, e.metadata); }},
      {"metadata", [](Event& e) { e.metadata = "{ }"; }},
      {"hash", [](Event& e) { e.hash[31] ^= 1; }},
      {"body_hash", [](Event& e) { e.body_hash[0] ^= 1; }},
      {"body_hash of a pruned event",
       [](Event& e) {
         e.pruned = true;
         e.body_hash = {};
       }},
      {"data with its body_hash",
       [](Event& e) {
         e.data = "{}";
         e.body_hash = EventHasher().body(e.data, e.metadata);
       }},
  };
  for (const auto& [field, edit] : edits) {
    for (std::size_t at = 0; at < 5; ++at) {
      auto log = make_log(5);
      edit(log[at]);
      EXPECT_FALSE(verify(log)) << field << " of event " << at + 1;
    }
  }
}

TEST(ChainVerifier, FindsAnEventThatWasRewrittenWithItsOwnHash) {
  auto log = make_log(5);
  log[2].data = "{}";
  EventView view = view_of(log[2]);
  log[2].hash = EventHasher().chain(log[1].hash, view);
  log[2].body_hash = view.body_hash;
  const auto checked = verify(log);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(),
            "event 4 (" + log[3].id + ") or one before it was changed: its hash does not continue the chain");
}

TEST(ChainVerifier, FindsADroppedEvent) {
  for (std::size_t at = 0; at < 4; ++at) {
    auto log = make_log(5);
    log.erase(log.begin() + static_cast<std::ptrdiff_t>(at));
    const auto checked = verify(log);
    ASSERT_FALSE(checked) << at;
    EXPECT_EQ(checked.error().code(), ErrorCode::sequence_conflict);
  }
}

TEST(ChainVerifier, FindsADroppedEventWhoseSuccessorsWereRenumbered) {
  auto log = make_log(5);
  log.erase(log.begin() + 2);
  for (std::size_t i = 0; i < log.size(); ++i) log[i].sequence_number = i + 1;
  const auto checked = verify(log);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::validation_error);
}

TEST(ChainVerifier, FindsReorderedAndDoubledEvents) {
  auto swapped = make_log(5);
  std::swap(swapped[1], swapped[2]);
  EXPECT_EQ(verify(swapped).error().code(), ErrorCode::sequence_conflict);
  std::swap(swapped[1].sequence_number, swapped[2].sequence_number);
  EXPECT_EQ(verify(swapped).error().code(), ErrorCode::validation_error);
  auto doubled = make_log(5);
  doubled.insert(doubled.begin() + 1, doubled[1]);
  const auto checked = verify(doubled);
  ASSERT_FALSE(checked);
  EXPECT_EQ(
      checked.error().message(),
      "event 2 (" + doubled[1].id + ") stands where event 3 must be: events are missing, doubled or out of order");
}

TEST(ChainVerifier, APrunedEventStillVerifiesAndIsCounted) {
  auto log = make_log(5);
  for (const std::size_t at : {1u, 3u}) {
    log[at].pruned = true;
    log[at].data.clear();
    log[at].metadata.clear();
  }
  ChainVerifier verifier("ses_a");
  const auto checked = verify(log, verifier);
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_EQ(verifier.pruned(), 2u);
  EXPECT_EQ(verifier.last_sequence(), 5u);
}

TEST(ChainVerifier, AnExportedLogVerifies) {
  ChainVerifier verifier("ses_a");
  for (const Event& event : make_log(5)) {
    const auto read = event_from_json(event_json(view_of(event)));
    ASSERT_TRUE(read);
    ASSERT_TRUE(verifier.next(view_of(*read)));
  }
}

TEST(ChainVerifier, ATypeOnlyANewerVersionKnowsIsNoEdit) {
  auto log = make_log(1);
  log[0].type_name = "invented_later";
  log[0].type = static_cast<EventType>(77);
  EventView view = view_of(log[0]);
  EventHasher hasher;
  log[0].hash = hasher.chain(hasher.first("ses_a"), view);
  EXPECT_TRUE(verify(log));
}

TEST(ChainVerifier, AFailureLeavesItWhereItWas) {
  auto log = make_log(3);
  ChainVerifier verifier("ses_a");
  ASSERT_TRUE(verifier.next(view_of(log[0])));
  ASSERT_FALSE(verifier.next(view_of(log[2])));
  EXPECT_EQ(verifier.last_sequence(), 1u);
  EXPECT_EQ(verifier.last_hash(), log[0].hash);
  EXPECT_TRUE(verifier.next(view_of(log[1])));
}

}  // namespace
}  // namespace asmgr
