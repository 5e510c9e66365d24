#include "core/pipeline/commit_groups.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace asmgr {
namespace {

// A store that only commits, and lets a test hold a commit open.
class CommitOnlyStore final : public Store {
 public:
  explicit CommitOnlyStore(bool fast) { info_.fast_commit = fast; }
  std::function<CommitStatus(std::span<const CommitUnit* const>, std::uint64_t)> on_commit;

  [[nodiscard]] const StoreInfo& info() const noexcept override { return info_; }
  [[nodiscard]] CommitStatus commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                    std::uint64_t wait_us) override {
    std::set<std::string> sessions;
    for (const CommitUnit* unit : units) {
      if (unit->session_id.empty()) continue;
      EXPECT_TRUE(sessions.insert(unit->session_id).second) << "twice in one call";
    }
    for (UnitResult& result : results) result.answer = CommitAnswer::ok;
    return on_commit ? on_commit(units, wait_us) : CommitStatus{};
  }
  [[nodiscard]] Result<Head> head(std::string_view) override { return none(); }
  [[nodiscard]] Result<Timestamp> renew_host(std::string_view, std::chrono::milliseconds) override { return none(); }
  [[nodiscard]] Result<void> remove_host(std::string_view) override { return none(); }
  [[nodiscard]] Result<std::vector<HostRow>> hosts() override { return none(); }
  [[nodiscard]] Result<Session> get_session(std::string_view, std::string_view) override { return none(); }
  [[nodiscard]] Result<std::vector<Session>> list_sessions(const SessionQuery&) override { return none(); }
  [[nodiscard]] Result<void> delete_session(std::string_view, std::string_view, std::uint64_t) override {
    return none();
  }
  [[nodiscard]] Result<asmgr::Run> get_run(std::string_view, std::string_view) override { return none(); }
  [[nodiscard]] Result<std::vector<asmgr::Run>> list_runs(const RunQuery&) override { return none(); }
  [[nodiscard]] Result<void> visit_events(const EventQuery&, const EventVisitor&) override { return none(); }
  [[nodiscard]] Result<Record> get_record(std::string_view, std::string_view, std::string_view) override {
    return none();
  }
  [[nodiscard]] Result<std::vector<Record>> list_records(const RecordQuery&) override { return none(); }
  [[nodiscard]] ChangeFeed* changes() noexcept override { return nullptr; }

 private:
  static Error none() { return Error(ErrorCode::not_found, "this store only commits"); }
  StoreInfo info_;
};

class CountedRequest final : public CommitRequest {
 public:
  CountedRequest(std::atomic<int>& done, std::string session) : done_(done) { unit.session_id = std::move(session); }
  void committed(const CommitStatus& status) override {
    outcome = status.outcome;
    ++done_;
    done_.notify_all();
  }
  CommitOutcome outcome = CommitOutcome::failed;

 private:
  std::atomic<int>& done_;
};

void wait_for(const std::atomic<int>& count, int wanted) {
  for (int seen = count; seen < wanted; seen = count) count.wait(seen);
}

void run_at_once(std::function<void()> work) {
  std::thread(std::move(work)).detach();
}

TEST(CommitGroups, WhatArrivesDuringACommitFormsOneGroup) {
  CommitOnlyStore store(true);
  std::atomic<bool> first_in{false};
  std::atomic<bool> go{false};
  std::vector<std::size_t> sizes;
  store.on_commit = [&](std::span<const CommitUnit* const> units, std::uint64_t) {
    sizes.push_back(units.size());
    if (sizes.size() == 1) {
      first_in = true;
      first_in.notify_all();
      go.wait(false);
    }
    return CommitStatus{};
  };
  std::atomic<int> done{0};
  std::vector<std::unique_ptr<CountedRequest>> requests;
  for (int i = 0; i < 21; ++i) requests.push_back(std::make_unique<CountedRequest>(done, "ses_" + std::to_string(i)));
  CommitGroups groups(store, run_at_once);
  std::thread leader([&] { groups.submit(*requests[0]); });
  first_in.wait(false);
  for (int i = 1; i < 21; ++i) groups.submit(*requests[static_cast<std::size_t>(i)]);
  go = true;
  go.notify_all();
  leader.join();
  wait_for(done, 21);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 20}));
}

TEST(CommitGroups, ALoneUnitIsCommittedOnTheCallersThreadWithoutAHandOff) {
  CommitOnlyStore store(true);
  std::thread::id on;
  store.on_commit = [&](std::span<const CommitUnit* const>, std::uint64_t) {
    on = std::this_thread::get_id();
    return CommitStatus{};
  };
  std::atomic<int> done{0};
  CountedRequest request(done, "ses_1");
  CommitGroups groups(store, run_at_once);
  groups.submit(request);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(on, std::this_thread::get_id());
}

TEST(CommitGroups, ABusyStoreIsWaitedForOnItsOwnThread) {
  CommitOnlyStore store(true);
  std::vector<std::uint64_t> waits;
  store.on_commit = [&](std::span<const CommitUnit* const>, std::uint64_t wait_us) {
    waits.push_back(wait_us);
    if (waits.size() == 1) return CommitStatus{CommitOutcome::busy, std::nullopt};
    return CommitStatus{};
  };
  std::atomic<int> done{0};
  CountedRequest request(done, "ses_1");
  CommitGroups groups(store, run_at_once);
  groups.submit(request);
  wait_for(done, 1);
  EXPECT_EQ(waits, (std::vector<std::uint64_t>{1000, kWaitStoreLimit}));
  EXPECT_EQ(request.outcome, CommitOutcome::filled);
}

TEST(CommitGroups, EveryUnitOfManyThreadsComesBackOnceAndSessionsNeverShareACall) {
  for (const bool fast : {true, false}) {
    CommitOnlyStore store(fast);
    std::atomic<int> done{0};
    std::vector<std::unique_ptr<CountedRequest>> requests;
    for (int i = 0; i < 2000; ++i) {
      requests.push_back(std::make_unique<CountedRequest>(done, "ses_" + std::to_string(i % 7)));
    }
    {
      CommitGroups groups(store, run_at_once);
      std::vector<std::thread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
          for (int i = t; i < 2000; i += 4) groups.submit(*requests[static_cast<std::size_t>(i)]);
        });
      }
      for (std::thread& thread : threads) thread.join();
      wait_for(done, 2000);
    }
    EXPECT_EQ(done, 2000);
  }
}

}  // namespace
}  // namespace asmgr
