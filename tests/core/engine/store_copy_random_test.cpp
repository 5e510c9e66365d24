// Stores that chance has filled: copied whole, copied in pieces, copied while somebody writes.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "core/engine/store_copy.hpp"
#include "tests/core/engine/support/filled_store.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::testing {
namespace {

constexpr RunStatus kStatuses[] = {RunStatus::pending, RunStatus::running,   RunStatus::completed,
                                   RunStatus::failed,  RunStatus::cancelled, RunStatus::timeout};

// What goes on in a store: sessions made, continued, deleted and purged, runs, records of every kind.
class Life {
 public:
  Life(Store& store, std::uint32_t seed) : store_(store), filler_(store, seed) {}

  void step() {
    const std::uint64_t dice = filler_.below(100);
    if (sessions_.size() < 3 || dice < 15) return make();
    Known& known = sessions_[filler_.below(sessions_.size())];
    if (dice < 60) return go_on(known);
    if (dice < 80) return change_records(known);
    if (dice < 90) return change_loose();
    if (dice < 96) return remove(known);
    purge(known);
  }

 private:
  struct Known {
    Session session;
    std::vector<asmgr::Run> runs;
    std::vector<Record> records;
  };
  void make() {
    Known known{filler_.session(filler_.one_in(3) ? "tenant" : ""), {}, {}};
    filler_.write(known.session, filler_.below(30));
    sessions_.push_back(std::move(known));
  }
  void go_on(Known& known) {
    std::vector<asmgr::Run> runs;
    if (filler_.one_in(2)) {
      known.runs.push_back(filler_.run(known.session, RunStatus::pending));
      runs.push_back(known.runs.back());
    } else if (!known.runs.empty()) {
      asmgr::Run& run = known.runs[filler_.below(known.runs.size())];
      run.status = kStatuses[filler_.below(std::size(kStatuses))];
      ++run.version;
      runs.push_back(run);
    }
    filler_.write(known.session, filler_.below(40), runs, {}, filler_.one_in(2));
  }
  std::string_view any_kind() { return record_kind::kAll[filler_.below(record_kind::kAll.size())]; }
  void change_records(Known& known) {
    if (known.records.empty() || filler_.one_in(2)) {
      known.records.push_back(filler_.record(any_kind(), &known.session));
      return filler_.put(known.records.back());
    }
    Record& record = known.records[filler_.below(known.records.size())];
    ++record.version;
    record.value += 3;
    if (!filler_.one_in(3)) return filler_.put(record);
    CommitUnit unit;
    unit.session_id = record.session_id;
    unit.records.push_back({record, kVersionAny, RecordWrite::Kind::remove, 0});
    filler_.commit(unit);
    record = known.records.back();
    known.records.pop_back();
  }
  void change_loose() {
    if (loose_.empty() || filler_.one_in(3)) {
      loose_.push_back(filler_.record(any_kind(), nullptr));
      if (filler_.one_in(2)) loose_.back().tenant = "tenant";
    } else {
      ++loose_[filler_.below(loose_.size())].value;
    }
    filler_.put(loose_[filler_.below(loose_.size())]);
  }
  void remove(Known& known) {
    known.session.deleted_at = filler_.tick();
    filler_.write(known.session, 1, {}, {}, true);
  }
  void purge(Known& known) {
    const std::uint64_t epoch = store_.head(known.session.id)->epoch;
    ASSERT_TRUE(store_.delete_session({}, known.session.id, epoch));
    known = sessions_.back();
    sessions_.pop_back();
  }

  Store& store_;
  Filler filler_;
  std::vector<Known> sessions_;
  std::vector<Record> loose_;
};

StoreCopyOptions mirror() {
  StoreCopyOptions options;
  options.remove_others = true;
  options.unit_rows = 20;
  return options;
}

// Every session of the copy is a beginning of the original, with the same hash at its head.
void expect_beginnings(TwoStores& stores) {
  SessionQuery all;
  all.include_deleted = true;
  for (const Session& copy : stores.to().list_sessions(all).value()) {
    const Head head = stores.to().head(copy.id).value();
    if (head.last_sequence == 0) continue;
    EventQuery query;
    query.session_id = copy.id;
    query.after = head.last_sequence - 1;
    query.limit = 1;
    const std::vector<Event> original = stores.from().get_events(query).value();
    if (original.empty() && !stores.from().head(copy.id)) continue;  // removed there
    ASSERT_EQ(original.size(), 1U) << copy.id;
    EXPECT_EQ(to_hex(original.front().hash), to_hex(head.hash)) << copy.id;
  }
}

struct Pair {
  const char* from;
  const char* to;
};
class CopiedStores : public ::testing::TestWithParam<Pair> {
 protected:
  void expect_copied() {
    auto report = copy_store(stores_.from(), stores_.to(), mirror());
    ASSERT_TRUE(report) << report.error().message();
    for (const CopyProblem& problem : report->problems) ADD_FAILURE() << problem.message;
    EXPECT_TRUE(report->settled);
    EXPECT_EQ(lines_of(stores_.to()), lines_of(stores_.from()));
  }
  const std::uint32_t seed_ = test::seed_or(20260501);
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, test::seed_text(seed_)};
  TwoStores stores_{GetParam().from, GetParam().to};
  Life life_{stores_.from(), seed_};
};
INSTANTIATE_TEST_SUITE_P(Stores, CopiedStores,
                         ::testing::Values(Pair{"memory", "memory"}, Pair{"sqlite", "sqlite"}, Pair{"memory", "sqlite"},
                                           Pair{"sqlite", "memory"}),
                         [](const auto& pair) { return std::string(pair.param.from) + "_" + pair.param.to; });

TEST_P(CopiedStores, AreEqualByEveryReadHoweverOftenOneGoesOn) {
  for (int round = 0; round < test::in_profile(5, 40); ++round) {
    for (int i = 0; i < 60; ++i) life_.step();
    expect_copied();
    if (HasFailure()) return;
  }
}

// Each commit fails once, before it is written and after, and the copy is begun again.
TEST_P(CopiedStores, AreEqualWhereverTheCopyIsInterrupted) {
  for (int i = 0; i < 150; ++i) life_.step();
  for (const bool after : {false, true}) {
    int left = 0;
    const auto fail = [&left](CommitOutcome outcome) -> std::optional<CommitStatus> {
      if (left-- != 0) return std::nullopt;
      return CommitStatus{outcome, Error(ErrorCode::storage_error, "pulled the plug")};
    };
    stores_.to().before_commit = [&](auto) { return after ? std::nullopt : fail(CommitOutcome::failed); };
    stores_.to().after_commit = [&] { return after ? fail(CommitOutcome::ambiguous) : std::nullopt; };
    bool done = false;
    for (int nth = 0; !done; ++nth) {
      left = nth % 3;  // each time a little further
      const auto report = copy_store(stores_.from(), stores_.to(), mirror());
      done = report.has_value();
      if (!done) {
        EXPECT_THAT(report.error().message(), ::testing::HasSubstr("pulled the plug"));
      }
      expect_beginnings(stores_);
      if (HasFailure()) return;
      ASSERT_LT(nth, 1000);
    }
    stores_.to().before_commit = nullptr;
    stores_.to().after_commit = nullptr;
    expect_copied();
    for (int i = 0; i < 100; ++i) life_.step();
  }
}

TEST_P(CopiedStores, AreEqualWhenSomebodyWroteAllTheTime) {
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int i = 0; i < test::in_profile(800, 5000); ++i) life_.step();
    over = true;
  });
  while (!over) {
    const auto report = copy_store(stores_.from(), stores_.to(), mirror());
    EXPECT_TRUE(report) << report.error().message();
    for (const CopyProblem& problem : report ? report->problems : std::vector<CopyProblem>()) {
      ADD_FAILURE() << problem.message;
    }
    expect_beginnings(stores_);
  }
  writer.join();
  expect_copied();
}

}  // namespace
}  // namespace asmgr::testing
