// Orders that cannot be read: VALIDATION, and nothing has changed.
#include <random>

#include "tests/plugins/contract/maintenance_world.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

class MaintenanceOrders : public MaintenanceTest {};
INSTANTIATE_TEST_SUITE_P(Stores, MaintenanceOrders, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(MaintenanceOrders, ThatCannotBeReadAreRefusedAndChangeNothing) {
  given_log("s", 10);
  const std::string before = all_answers(store_, {"s"});
  for (const char* order : {
           "",
           "null",
           "[]",
           "{}",
           "prune",
           R"({"prune":{}})",
           R"({"prune":{"session_id":"s"}})",
           R"({"prune":{"sequences":[[1,2]]}})",
           R"({"prune":{"session_id":"","sequences":[[1,2]]}})",
           R"({"prune":{"session_id":"s","sequences":[[0,2]]}})",
           R"({"prune":{"session_id":"s","sequences":[[1,2],[2,3]]}})",
           R"({"prune":{"session_id":"s","sequences":[[3,4],[1,2]]}})",
           R"({"prune":{"session_id":"s","sequences":[[2,1]]}})",
           R"({"prune":{"session_id":"s","sequences":[[1,2,3]]}})",
           R"({"prune":{"session_id":"s","sequences":[["1","2"]]}})",
           R"({"prune":{"session_id":"s","sequences":[[-1,2]]}})",
           R"({"prune":{"session_id":"s","sequences":[[1,2]],"and":1}})",
           R"({"prune":{"session_id":"s","sequences":[[1,2]]},"batch_size":0})",
           R"({"prune":{"session_id":"s","sequences":[[1,2]]},"batch_size":100001})",
           R"({"prune":{"session_id":"s","sequences":[[1,2]]},"batch_size":"9"})",
           R"({"prune":{"session_id":"s","sequences":[[1,2]]},"dry_run":true})",
           R"({"prune":{"session_id":"s","sequences":[[1,2]]},"remove":{"session_id":"s","epoch":1}})",
           R"({"remove":{"session_id":"s"}})",
           R"({"remove":{"session_id":"s","epoch":"1"}})",
           R"({"remove":{"session_id":"s","epoch":-1}})",
           R"({"remove":{"session_id":"s","epoch":1},"compact":{}})",
           R"({"remove":{"session_id":"s","epoch":1}},)",
           R"({"remove":{"session_id":"s","epoch":1})",
           R"({"compact":[]})",
           R"({"compact":{"everything":true}})",
           R"({"vacuum":{}})",
       }) {
    const auto answer = store_.retain(order);
    EXPECT_EQ(answer.status, ASMGR_E_VALIDATION) << order;
    EXPECT_NE(answer.message, "") << order;
    EXPECT_TRUE(answer.items.empty()) << order;
  }
  EXPECT_EQ(all_answers(store_, {"s"}), before);
}

TEST_P(MaintenanceOrders, ThatAreJunkAreCarriedOutOrRefusedWhole) {
  given_log("s", 10);
  given_log("t", 10);
  std::mt19937 random(7);
  const std::vector<std::string> orders = {prune_order("s", {{1, 2}, {4, 5}}, 3), remove_order("t", 1),
                                           R"({"compact":{},"batch_size":5})"};
  std::string before = all_answers(store_, {"s", "t"});
  const int count = test::in_profile(1'000, 100'000);
  int refused = 0;
  for (int i = 0; i < count; ++i) {
    std::string order = orders[random() % orders.size()];
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % order.size();
      switch (random() % 4) {
        case 0:
          order[at] = static_cast<char>(random());
          break;
        case 1:
          order.erase(at, 1 + random() % 4);
          break;
        case 2:
          order.insert(at, 1, "{}[],:\"0-9e.\\"[random() % 13]);
          break;
        default:
          order.insert(at, order.substr(random() % order.size(), 1 + random() % 9));
      }
      if (order.empty()) order = "{";
    }
    const auto answer = store_.retain(order);
    const std::string after = all_answers(store_, {"s", "t"});
    if (answer.status == ASMGR_OK) {
      before = after;
      continue;
    }
    ++refused;
    ASSERT_TRUE(answer.status == ASMGR_E_VALIDATION || answer.status == ASMGR_E_SESSION_NOT_FOUND ||
                answer.status == ASMGR_E_STALE_EPOCH)
        << order << ": " << answer.status << ' ' << answer.message;
    ASSERT_EQ(after, before) << order;
  }
  EXPECT_GT(refused, count / 2);
}

}  // namespace
}  // namespace asmgr::contract
