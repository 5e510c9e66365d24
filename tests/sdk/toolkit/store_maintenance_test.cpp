#include <gtest/gtest.h>

#include <asmgr/cpp/error.hpp>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <string>

namespace asmgr::store_maintenance {
namespace {

// The sentence with which the order is refused.
std::string refusal(const std::string& json) {
  try {
    static_cast<void>(read_order(json));
  } catch (const sdk::StatusError& error) {
    EXPECT_EQ(error.status(), static_cast<asmgr_status>(ASMGR_E_VALIDATION)) << json;
    return error.message();
  }
  return "believed";
}

TEST(StoreMaintenanceOrder, IsOneOfThree) {
  Order order = read_order(R"({"prune":{"session_id":"s","sequences":[[1,3],[5,5]]},"batch_size":7})");
  const auto& prune = std::get<Prune>(order.what);
  EXPECT_EQ(prune.session_id, "s");
  EXPECT_EQ(prune.sequences, (std::vector<Range>{{1, 3}, {5, 5}}));
  EXPECT_EQ(order.batch_size, 7U);

  order = read_order(R"({"batch_size":100000,"remove":{"session_id":"s","epoch":18446744073709551615}})");
  EXPECT_EQ(std::get<Remove>(order.what).epoch, UINT64_MAX);
  EXPECT_EQ(order.batch_size, 100'000U);

  order = read_order(R"({"compact":{}})");
  EXPECT_TRUE(std::holds_alternative<Compact>(order.what));
  EXPECT_EQ(order.batch_size, 1000U);
  EXPECT_TRUE(std::get<Prune>(read_order(R"({"prune":{"session_id":"s","sequences":[]}})").what).sequences.empty());
}

TEST(StoreMaintenanceOrder, ThatCannotBeReadIsRefusedWithTheReason) {
  EXPECT_EQ(refusal(""), "the order is no JSON object");
  EXPECT_EQ(refusal("[]"), "the order is no JSON object");
  const std::string one = "the order must have exactly one of 'prune', 'remove' and 'compact'";
  EXPECT_EQ(refusal("{}"), one);
  EXPECT_EQ(refusal(R"({"compact":{},"remove":{"session_id":"s","epoch":1}})"), one);
  EXPECT_EQ(refusal(R"({"compact":{},"vacuum":{}})"), "the order has 'vacuum', which is nothing this store knows");
  EXPECT_EQ(refusal(R"({"compact":{"now":true}})"), "the order has 'now', which is nothing this store knows");
  EXPECT_EQ(refusal(R"({"compact":null})"), "the order has a 'compact' that is no object");
  for (const char* size : {"0", "100001", "-1", "1.5", "\"9\"", "null"})
    EXPECT_EQ(refusal(R"({"compact":{},"batch_size":)" + std::string(size) + "}"),
              "the order has a 'batch_size' that is not an integer from 1 to 100000");
  for (const char* session : {"", R"("session_id":"",)", R"("session_id":7,)", R"("session_id":null,)"})
    EXPECT_EQ(refusal(R"({"remove":{)" + std::string(session) + R"("epoch":1}})"),
              "the order must name a session: 'session_id' is missing, empty or no text");
  for (const char* epoch : {"-1", "1.5", "\"1\"", "null"})
    EXPECT_EQ(refusal(R"({"remove":{"session_id":"s","epoch":)" + std::string(epoch) + "}}"),
              "the order must say the 'epoch' that the session's head has");
}

TEST(StoreMaintenanceOrder, RangesRiseAndDoNotOverlap) {
  const auto with = [](const std::string& ranges) {
    return refusal(R"({"prune":{"session_id":"s","sequences":)" + ranges + "}}");
  };
  EXPECT_EQ(with("7"), "the order must have a list of 'sequences'");
  for (const char* ranges : {"[1]", "[[1]]", "[[1,2,3]]", "[[0,2]]", "[[3,2]]", "[[-1,2]]", "[[1,\"2\"]]", "[[1.5,2]]"})
    EXPECT_EQ(with(ranges), "the order has 'sequences' that are not [first, last] with 1 <= first <= last") << ranges;
  for (const char* ranges : {"[[1,3],[3,4]]", "[[5,6],[1,2]]", "[[1,9],[2,3]]"})
    EXPECT_EQ(with(ranges), "the order has 'sequences' that overlap or do not rise") << ranges;
  EXPECT_EQ(with("[[1,2],[3,18446744073709551615]]"), "believed");
}

TEST(StoreMaintenanceAnswer, IsJson) {
  EXPECT_EQ(pruned_json(3), R"({"events_pruned":3})");
  EXPECT_EQ(removed_json(0), R"({"rows_removed":0})");
  EXPECT_EQ(compacted_json(4096), R"({"bytes_freed":4096})");
  EXPECT_EQ(problem_json(ProblemKind::gap, "a\"b", "It is \\ so."),
            R"({"kind":"gap","session_id":"a\"b","message":"It is \\ so."})");
  EXPECT_EQ(problem_json(ProblemKind::damaged, "", "x").substr(0, 17), R"({"kind":"damaged")");
  StoreSize size;
  size.schema_version = 3;
  size.records = 9;
  EXPECT_EQ(size_json(size),
            R"({"schema_version":3,"bytes":0,"free_bytes":0,"sessions":0,"runs":0,"events":0,"pruned_events":0,)"
            R"("records":9})");
}

}  // namespace
}  // namespace asmgr::store_maintenance
