// A server that crashes, connections that break anywhere: what was answered is there, once, and without a gap.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "tests/plugins/contract/store_client.hpp"
#include "tests/plugins/postgres/one_server.hpp"
#include "tests/plugins/postgres/proxy.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

using std::chrono::milliseconds;

// Both modes of the store: what it does about a lost answer must not need a session.
class PostgresFaults : public ::testing::TestWithParam<std::string> {
 protected:
  std::string config_at(int port) const {
    return test::store_config(test::PostgresServer::dsn_at(port), folder_.path(),
                              R"(,"pooler":")" + GetParam() + R"(","reconnect_timeout":20000)");
  }
  static Unit counted(std::uint64_t last_seq) {
    Unit unit = append_events("s", "host", 1, last_seq, 3);
    unit.records.push_back({.kind = "counter", .id = "c", .flags = ASMGR_RECORD_ADD, .add = 1, .ceiling = INT64_MAX});
    return unit;
  }
  // Appends until `over`, as a host does: what it is told was not written is sent again, and only what it is told was
  // written counts. An addition that was done twice, or an event that was lost, is found by expect_whole.
  static std::uint64_t append_until(const StoreClient& store, const std::atomic<bool>& over) {
    std::uint64_t last = 0;
    while (!over) {
      const UnitResult result = store.commit(counted(last));
      if (result.status == ASMGR_OK) {
        last = result.last_seq;
      } else {
        EXPECT_EQ(result.status, ASMGR_E_STORAGE_CONNECTION) << result.message;
      }
    }
    return last;
  }
  static void expect_whole(const StoreClient& store, std::uint64_t last) {
    EXPECT_EQ(store.head("s").last_seq, last);
    EventQuery query;
    query.session_id = "s";
    query.limit = 1'000'000;
    const auto events = store.get_events(query).items;
    ASSERT_EQ(events.size(), last);
    for (std::size_t i = 0; i < events.size(); ++i) ASSERT_EQ(events[i].seq, i + 1);
    const auto counter = store.get_record("", "counter", "c").items;
    ASSERT_EQ(counter.size(), last == 0 ? 0u : 1u);
    if (last != 0) {
      EXPECT_EQ(counter[0].value, static_cast<std::int64_t>(last / 3));
    }
  }

  TempFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Modes, PostgresFaults, ::testing::Values("none", "transaction"),
                         [](const auto& mode) { return mode.param; });

TEST_P(PostgresFaults, AServerThatCrashesAndComesBackLosesNothing) {
  test::PostgresServer server;
  const StoreClient store("postgres", config_at(server.port()));
  ASSERT_EQ(store.commit(create_session("s", "host", 0)).status, ASMGR_OK);
  std::atomic<bool> over{false};
  std::uint64_t last = 0;
  std::thread writer([&] { last = append_until(store, over); });
  std::mt19937 random(11);
  const int rounds = test::in_profile(3, 30);
  for (int round = 0; round < rounds; ++round) {
    std::this_thread::sleep_for(milliseconds(100 + random() % 200));  // somewhere in the middle of its work
    server.crash();
    std::this_thread::sleep_for(milliseconds(random() % 300));
    server.start();
  }
  std::this_thread::sleep_for(milliseconds(100));
  over = true;
  writer.join();
  EXPECT_GT(last, 0u);
  expect_whole(store, last);
}

TEST_P(PostgresFaults, AConnectionThatBreaksAnywhereLosesNothing) {
  test::Proxy proxy(test::one_server().port());
  const StoreClient store("postgres", config_at(proxy.port()));
  ASSERT_EQ(store.commit(create_session("s", "host", 0)).status, ASMGR_OK);
  std::mt19937 random(5);
  std::uint64_t last = 0;
  const int commits = test::in_profile(150, 3000);
  for (int i = 0; i < commits; ++i) {
    // Bytes of one commit are a few thousand: somewhere in it, in what it needs to find out, or in the next one.
    if (i % 2 == 0) proxy.cut_after(1 + random() % 6000);
    const UnitResult result = store.commit(counted(last));
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
    last = result.last_seq;
    ASSERT_EQ(last, static_cast<std::uint64_t>(3 * (i + 1)));
  }
  proxy.cut_after(0);
  EXPECT_GT(proxy.cuts(), commits / 8);
  expect_whole(store, last);
}

TEST_P(PostgresFaults, ReadsGoOnOverANewConnection) {
  test::Proxy proxy(test::one_server().port());
  const StoreClient store("postgres", config_at(proxy.port()));
  ASSERT_EQ(store.commit(create_session("s", "host", 100)).status, ASMGR_OK);
  std::mt19937 random(6);
  for (int i = 0; i < 50; ++i) {
    proxy.cut_after(1 + random() % 10000);
    ASSERT_EQ(store.events_of("s").items.size(), 100u);
    ASSERT_EQ(store.renew_host("host", 60'000).status, ASMGR_OK);
  }
  EXPECT_GT(proxy.cuts(), 10);
}

// The statement as it travels, with the byte that ends it: COMMITTED is another word. In the other mode statements go
// by names, so the proxy cannot see it.
const std::string kCommit("COMMIT", 7);
class PostgresLostAnswer : public PostgresFaults {};
INSTANTIATE_TEST_SUITE_P(Modes, PostgresLostAnswer, ::testing::Values("transaction"),
                         [](const auto& mode) { return mode.param; });

TEST_P(PostgresLostAnswer, OfACommitIsFoundOutAndNothingIsDoneTwice) {
  test::Proxy proxy(test::one_server().port());
  const StoreClient store("postgres", config_at(proxy.port()));
  ASSERT_EQ(store.commit(create_session("s", "host", 0)).status, ASMGR_OK);
  for (std::uint64_t i = 0; i < 10; ++i) {
    proxy.lose_answer_to(kCommit);
    const int before = proxy.cuts();
    const UnitResult result = store.commit(counted(3 * i));
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
    ASSERT_EQ(result.last_seq, 3 * (i + 1));
    ASSERT_EQ(proxy.cuts(), before + 1) << "the answer was not lost";
  }
  expect_whole(store, 30);
}

// Without a session there is no head that would tell: only the store itself can.
TEST_P(PostgresLostAnswer, OfRecordsAloneIsFoundOutToo) {
  test::Proxy proxy(test::one_server().port());
  const StoreClient store("postgres", config_at(proxy.port()));
  for (int i = 1; i <= 10; ++i) {
    proxy.lose_answer_to(kCommit);
    const UnitResult result = store.commit(
        with_record({.kind = "counter", .id = "c", .flags = ASMGR_RECORD_ADD, .add = 1, .ceiling = INT64_MAX}));
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
    ASSERT_EQ(store.get_record("", "counter", "c").items.at(0).value, i);
  }
}

TEST_P(PostgresLostAnswer, WithTheServerGoneForLongIsSaidToBeUnknown) {
  test::PostgresServer server;
  test::Proxy proxy(server.port());
  const StoreClient store("postgres", test::store_config(test::PostgresServer::dsn_at(proxy.port()), folder_.path(),
                                                         R"(,"pooler":"transaction","reconnect_timeout":0)"));
  ASSERT_EQ(store.commit(create_session("s", "host", 0)).status, ASMGR_OK);
  proxy.lose_answer_to(kCommit);
  const UnitResult result = store.commit(counted(0));
  EXPECT_EQ(result.status, ASMGR_E_STORAGE_AMBIGUOUS) << result.message;
  EXPECT_EQ(store.head("s").last_seq, 3u) << "the head tells";
  EXPECT_EQ(store.commit(counted(3)).status, ASMGR_OK);
  server.crash();
  EXPECT_EQ(store.commit(counted(6)).status, ASMGR_E_STORAGE_CONNECTION) << "nothing was sent";
}

}  // namespace
}  // namespace asmgr::contract
