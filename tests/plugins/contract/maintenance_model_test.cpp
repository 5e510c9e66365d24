// Random sessions that are appended to, pruned, removed and made again: afterwards the store holds what a plain map of
// copies holds, and a check finds nothing.
#include <algorithm>
#include <map>
#include <random>

#include "tests/plugins/contract/maintenance_world.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

// What a session must be.
struct KeptSession {
  std::vector<Event> events;
  std::uint64_t epoch = 0;
  std::size_t runs = 0;
  std::size_t records = 0;

  [[nodiscard]] std::uint64_t with_text() const {
    return static_cast<std::uint64_t>(std::count_if(
        events.begin(), events.end(), [](const Event& e) { return (e.flags & ASMGR_EVENT_PRUNED) == 0; }));
  }
  [[nodiscard]] std::uint64_t text_bytes() const {
    std::uint64_t bytes = 0;
    for (const Event& event : events) bytes += event.data.size() + event.metadata.size();
    return bytes;
  }
  [[nodiscard]] std::uint64_t rows() const { return 1 + events.size() + runs + records; }
};

class MaintenanceModel : public MaintenanceTest {
 protected:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  void append(const std::string& id) {
    KeptSession& kept = world_[id];
    Unit unit = append_events(id, "host", kept.epoch, kept.events.size(), 0);
    unit.flags = ASMGR_UNIT_TAKE | ASMGR_UNIT_RELEASE;
    if (kept.epoch == 0) unit.session = create_session(id, "host", 0).session;
    unit.events = next_events(id, kept.events, below(6), "{\"x\":\"" + std::string(below(400), 'x') + "\"}");
    for (Event& event : unit.events) event.id = usual_id("evt", ++made_);
    chain_events(unit.events, kept.events.empty() ? first_hash(id) : kept.events.back().hash);
    if (below(3) == 0) unit.runs.push_back({.id = usual_id("run", ++made_)});
    if (below(3) == 0) unit.records.push_back({.id = usual_id("rec", ++made_), .session_id = id});
    const UnitResult result = store_.commit(unit);
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
    kept.epoch = result.epoch;
    kept.events.insert(kept.events.end(), unit.events.begin(), unit.events.end());
    kept.runs += unit.runs.size();
    kept.records += unit.records.size();
  }

  void prune_some(const std::string& id) {
    KeptSession& kept = world_.at(id);
    Ranges ranges;
    std::uint64_t expected = 0;
    for (std::uint64_t first = 1 + below(5); first < kept.events.size() + 4 && ranges.size() < 4;) {
      const std::uint64_t last = first + below(6);
      ranges.emplace_back(first, last);
      for (std::uint64_t seq = first; seq <= std::min<std::uint64_t>(last, kept.events.size()); ++seq) {
        Event& event = kept.events[seq - 1];
        if ((event.flags & ASMGR_EVENT_PRUNED) == 0) ++expected;
        event.flags |= ASMGR_EVENT_PRUNED;
        event.data.clear();
        event.metadata.clear();
      }
      first = last + 1 + below(6);
    }
    ASSERT_EQ(prune(id, ranges, 1 + below(20)), expected);
  }

  void remove_one(const std::string& id) {
    const KeptSession kept = world_.at(id);
    world_.erase(id);
    if (below(3) == 0)
      ASSERT_EQ(store_.delete_session("", id, kept.epoch).status, ASMGR_OK);
    else
      ASSERT_EQ(remove(id, kept.epoch, 1 + below(20)), kept.rows());
  }

  void expect_same() {
    std::uint64_t events = 0, with_text = 0, runs = 0, records = 0;
    std::vector<SessionSize> sizes;
    for (const auto& [id, kept] : world_) {
      ASSERT_EQ(store_.events_of(id).items, kept.events) << id;
      ASSERT_EQ(problem_with_chain(kept.events, id), "");
      sizes.push_back({id, kept.with_text(), kept.text_bytes()});
      events += kept.events.size();
      with_text += kept.with_text();
      runs += kept.runs;
      records += kept.records;
    }
    EXPECT_EQ(store_.sizes("", 0).items, sizes);
    EXPECT_EQ(measured("sessions"), world_.size());
    EXPECT_EQ(measured("events"), events);
    EXPECT_EQ(measured("pruned_events"), events - with_text);
    EXPECT_EQ(measured("runs"), runs);
    EXPECT_EQ(measured("records"), records);
    expect_clean();
  }

  std::mt19937 random_{20260101};
  std::uint64_t made_ = 0;
  std::map<std::string, KeptSession> world_;
};
INSTANTIATE_TEST_SUITE_P(Stores, MaintenanceModel, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(MaintenanceModel, AfterRandomOperationsTheStoreHoldsWhatItShouldAndIsClean) {
  const int rounds = test::in_profile(10, 100);
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < 60; ++i) {
      const std::string id = "s" + std::to_string(below(8));
      const bool there = world_.count(id) != 0;
      const std::uint64_t what = below(10);
      if (!there || what < 6)
        append(id);
      else if (what < 8)
        prune_some(id);
      else if (what < 9)
        remove_one(id);
      else
        ASSERT_EQ(store_.retain(R"({"compact":{}})").status, ASMGR_OK);
      if (HasFatalFailure()) return;
    }
    expect_same();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace asmgr::contract
