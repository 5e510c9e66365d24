// The fixture of the cases of asmgr.store.maintenance/1: orders in a line, and sessions whose chain is a true one.
#pragma once

#include "tests/plugins/contract/answers.hpp"
#include "tests/plugins/contract/chain.hpp"
#include "tests/plugins/contract/store_test.hpp"

namespace asmgr::contract {

// The number that a report has.
inline std::uint64_t count_of(const Page<std::string>& report, const std::string& key) {
  EXPECT_EQ(report.status, ASMGR_OK) << report.message;
  EXPECT_EQ(report.items.size(), 1U);
  return report.items.size() == 1 ? number_in(report.items[0], key) : UINT64_MAX;
}

class MaintenanceTest : public StoreTest {
 protected:
  void SetUp() override {
    if (!store_.has_maintenance()) GTEST_SKIP() << "this store has no maintenance";
  }

  // A session that nobody owns, epoch 1, whose events have text and a true chain.
  void given_log(const std::string& id, std::size_t events, const std::string& data = R"({"text":"hello"})") {
    Unit unit = create_session(id, "host", 0);
    unit.flags |= ASMGR_UNIT_RELEASE;
    unit.events = next_events(id, {}, events, data);
    const UnitResult result = store_.commit(unit);
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  }
  // Events that follow those.
  static std::vector<Event> next_events(const std::string& id, const std::vector<Event>& before, std::size_t count,
                                        const std::string& data) {
    std::vector<Event> events;
    for (std::size_t i = 1; i <= count; ++i) events.push_back(make_event(id, before.size() + i, data));
    chain_events(events, before.empty() ? first_hash(id) : before.back().hash);
    return events;
  }

  std::uint64_t prune(const std::string& id, const Ranges& ranges, std::size_t batch_size = 1000) {
    return count_of(store_.retain(prune_order(id, ranges, batch_size)), "events_pruned");
  }
  std::uint64_t remove(const std::string& id, std::uint64_t epoch, std::size_t batch_size = 1000) {
    return count_of(store_.retain(remove_order(id, epoch, batch_size)), "rows_removed");
  }
  std::uint64_t measured(const std::string& key) {
    const auto answer = store_.measure();
    EXPECT_EQ(answer.status, ASMGR_OK) << answer.message;
    return answer.items.empty() ? UINT64_MAX : number_in(answer.items[0], key);
  }
  void expect_clean() {
    const auto found = store_.check();
    EXPECT_EQ(found.status, ASMGR_OK) << found.message;
    EXPECT_THAT(found.items, ::testing::IsEmpty());
  }
};

}  // namespace asmgr::contract
