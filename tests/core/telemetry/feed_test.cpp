// A consumer that must see everything: whatever happens to it, its sink or its process.
#include "core/telemetry/feed.hpp"

#include <gmock/gmock.h>

#include "core/telemetry/feed_cursors.hpp"
#include "tests/core/engine/support/recording_observer.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

// Takes what it is given, and does first what a test says.
class ScriptedSink final : public EventSink {
 public:
  ScriptedSink() {
    info_.name = "sink";
    info_.max_batch = 4;
  }
  std::function<Result<void>(const CancelToken&)> before;
  std::atomic<int> calls{0};
  std::atomic<bool> inside{false};

  [[nodiscard]] const SinkInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> publish(std::span<const EventView> events, std::string_view,
                                     const CancelToken& cancel) override {
    EXPECT_FALSE(inside.exchange(true)) << "two calls at a time";
    EXPECT_LE(events.size(), info_.max_batch);
    ++calls;
    const Result<void> answer = before ? before(cancel) : Result<void>();
    if (answer) {
      const std::lock_guard lock(mutex_);
      for (const EventView& event : events) got_[std::string(event.session_id)].push_back(event.sequence_number);
    }
    inside = false;
    return answer;
  }
  [[nodiscard]] std::vector<std::uint64_t> numbers(const std::string& session) {
    const std::lock_guard lock(mutex_);
    return got_[session];
  }
  [[nodiscard]] std::uint64_t last(const std::string& session) {
    const auto all = numbers(session);
    return all.empty() ? 0 : all.back();
  }
  // Every number from 1 to `last` was given, and none before the one below it.
  [[nodiscard]] bool whole(const std::string& session, std::uint64_t last) {
    std::uint64_t highest = 0;
    for (const std::uint64_t number : numbers(session)) {
      if (number > highest + 1) return false;
      highest = std::max(highest, number);
    }
    return highest == last;
  }

 private:
  SinkInfo info_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::uint64_t>> got_;
};

class Feeding : public ::testing::Test {
 protected:
  Feeding() : world_(complete_with_text) {}
  ~Feeding() override { world_.end_manager(); }

  [[nodiscard]] FeedOptions options() {
    FeedOptions made;
    made.consumer = "audit";
    made.first_pause = std::chrono::milliseconds(1);
    made.longest_pause = std::chrono::milliseconds(10);
    made.log = [this](const LogLine& line) {
      const std::lock_guard lock(mutex_);
      log_.emplace_back(line.message);
    };
    return made;
  }
  [[nodiscard]] std::unique_ptr<Feed> feed() { return std::make_unique<Feed>(world_.store, sink_, options()); }
  // A session that has ended, with one run.
  std::string ended_session() {
    RunOnceOptions once;
    once.input = boost::json::object{{"prompt", "go"}};
    auto result = world_.manager().run_once(once);
    EXPECT_TRUE(result) << result.error().message();
    return result->session_id;
  }
  [[nodiscard]] std::uint64_t head(const std::string& session) {
    auto found = world_.store->head(session);
    return found ? found->last_sequence : 0;
  }
  [[nodiscard]] bool arrives(const std::string& session) {
    return eventually([&] { return sink_->last(session) >= head(session); });
  }
  [[nodiscard]] FeedProgress stored() {
    auto read = FeedCursors(*world_.store, "audit").read();
    EXPECT_TRUE(read) << read.error().message();
    return read ? *read : FeedProgress{};
  }
  [[nodiscard]] std::size_t logged(const std::string& part) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(
        log_.begin(), log_.end(), [&](const auto& line) { return line.find(part) != std::string::npos; }));
  }

  World world_;
  std::shared_ptr<ScriptedSink> sink_ = std::make_shared<ScriptedSink>();
  std::mutex mutex_;
  std::vector<std::string> log_;
};

TEST_F(Feeding, ANewConsumerGetsWhatWasThereAndWhatComes) {
  const std::string before = ended_session();
  const auto fed = feed();
  EXPECT_TRUE(arrives(before));
  const std::string after = ended_session();
  EXPECT_TRUE(arrives(after));
  EXPECT_TRUE(sink_->whole(before, head(before)));
  EXPECT_TRUE(sink_->whole(after, head(after)));
}

TEST_F(Feeding, WithoutFailuresEveryEventComesOnce) {
  const auto fed = feed();
  std::vector<std::string> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(ended_session());
  for (const std::string& session : sessions) {
    ASSERT_TRUE(arrives(session));
    EXPECT_EQ(sink_->numbers(session).size(), head(session)) << session;
  }
}

TEST_F(Feeding, AfterARestartItGoesOnWhereItWas) {
  const std::string open = world_.active_session();
  auto fed = feed();
  ASSERT_TRUE(arrives(open));
  ASSERT_TRUE(eventually([&] { return stored().delivered.contains(open); }));
  fed.reset();
  ASSERT_TRUE(world_.execute(world_.pending_run(open)));
  fed = feed();
  ASSERT_TRUE(arrives(open));
  EXPECT_EQ(sink_->numbers(open).size(), head(open));
  EXPECT_TRUE(sink_->whole(open, head(open)));
}

TEST_F(Feeding, ASessionThatIsOverAndDeliveredKeepsNoRecordAndDoesNotComeAgain) {
  auto fed = feed();
  const std::string session = ended_session();
  ASSERT_TRUE(arrives(session));
  ASSERT_TRUE(eventually([&] { return stored().change != 0 && !stored().delivered.contains(session); }));
  fed.reset();
  fed = feed();
  const std::string next = ended_session();
  ASSERT_TRUE(arrives(next));
  EXPECT_EQ(sink_->numbers(session).size(), head(session));
}

TEST_F(Feeding, WhatWasGivenAndNotWrittenDownComesAgainAndNothingIsLeftOut) {
  std::atomic<bool> refuse{true};
  world_.manager();
  world_.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    const bool cursors =
        !units.empty() && !units[0]->records.empty() && units[0]->records[0].record.kind == "feed.audit";
    if (refuse && cursors) return CommitStatus{CommitOutcome::failed, Error(ErrorCode::storage_connection_failed)};
    return std::nullopt;
  };
  const std::string session = world_.active_session();
  auto fed = feed();
  ASSERT_TRUE(arrives(session));
  fed.reset();  // as if it had been killed before its cursors were written
  ASSERT_TRUE(world_.execute(world_.pending_run(session)));
  refuse = false;
  fed = feed();
  ASSERT_TRUE(arrives(session));
  EXPECT_GT(sink_->numbers(session).size(), head(session));
  EXPECT_TRUE(sink_->whole(session, head(session)));
}

TEST_F(Feeding, ASinkThatFailsIsTriedAgainUntilItTakesAndIsNamedOnce) {
  sink_->before = [this](const CancelToken&) -> Result<void> {
    if (sink_->calls <= 5) return Error(ErrorCode::provider_unavailable, "nobody answers");
    return {};
  };
  const auto fed = feed();
  const std::string session = ended_session();
  ASSERT_TRUE(arrives(session));
  EXPECT_TRUE(sink_->whole(session, head(session)));
  EXPECT_EQ(logged("the feed of 'audit' stands still: nobody answers"), 1U);
  EXPECT_GE(fed->status().failures, 5U);
}

TEST_F(Feeding, OneThatFailsInTheMiddleGoesOnWithWhatIsMissing) {
  sink_->before = [this](const CancelToken&) -> Result<void> {
    if (sink_->calls == 2) return Error(ErrorCode::provider_unavailable, "a moment");
    return {};
  };
  const std::string session = ended_session();
  ASSERT_GT(head(session), 4U);  // more than one call
  const auto fed = feed();
  ASSERT_TRUE(arrives(session));
  EXPECT_EQ(sink_->numbers(session).size(), head(session));
}

TEST_F(Feeding, ASlowSinkDelaysNoRun) {
  std::promise<void> let_go;
  std::shared_future<void> gate(let_go.get_future());
  sink_->before = [gate](const CancelToken&) -> Result<void> {
    gate.wait_for(std::chrono::seconds(10));
    return {};
  };
  const std::string first = ended_session();
  const auto fed = feed();
  ASSERT_TRUE(eventually([&] { return sink_->inside.load(); }));
  const std::string second = ended_session();  // completes while the sink is inside its first call
  EXPECT_TRUE(sink_->inside);
  let_go.set_value();
  EXPECT_TRUE(arrives(first));
  EXPECT_TRUE(arrives(second));
}

TEST_F(Feeding, ASinkThatHangsIsCancelledAfterItsLimitAndTriedAgain) {
  auto observer = std::make_shared<RecordingObserver>();
  sink_->before = [this](const CancelToken& cancel) -> Result<void> {
    if (sink_->calls > 1) return {};
    EXPECT_TRUE(cancel.wait_for(std::chrono::seconds(10)));
    return Error(ErrorCode::cancelled, "cancelled");
  };
  const std::string session = ended_session();
  FeedOptions quick = options();
  quick.publish_limit = std::chrono::milliseconds(20);
  quick.observer = observer.get();
  const Feed fed(world_.store, sink_, quick);
  ASSERT_TRUE(arrives(session));
  EXPECT_EQ(logged("sink 'sink' has not returned from publish within 20 ms"), 1U);
  EXPECT_EQ(observer->seen().incidents.at(Incident::plugin_hung).size(), 1U);
  EXPECT_GE(observer->seen().calls.at("sink publish"), 2U);
}

TEST_F(Feeding, OneThatIgnoresEvenThatDoesNotHoldTheEndBack) {
  auto let_go = std::make_shared<std::promise<void>>();
  std::shared_future<void> gate(let_go->get_future());
  sink_->before = [gate](const CancelToken&) -> Result<void> {
    gate.wait();
    return {};
  };
  (void)ended_session();
  auto fed = feed();
  ASSERT_TRUE(eventually([&] { return sink_->inside.load(); }));
  const auto began = std::chrono::steady_clock::now();
  fed.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8));
  let_go->set_value();
  ASSERT_TRUE(eventually([&] { return !sink_->inside; }));
}

// In front of a store's own feed: says once that the cursor has expired.
class ForgetfulStore final : public Store, public ChangeFeed {
 public:
  explicit ForgetfulStore(std::shared_ptr<Store> store) : store_(std::move(store)) {}
  std::atomic<bool> forget{false};
  std::atomic<int> lists{0};

  [[nodiscard]] const StoreInfo& info() const noexcept override { return store_->info(); }
  [[nodiscard]] CommitStatus commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                    std::uint64_t wait_us) override {
    return store_->commit(units, results, wait_us);
  }
  [[nodiscard]] Result<Head> head(std::string_view id) override { return store_->head(id); }
  [[nodiscard]] Result<Timestamp> renew_host(std::string_view id, std::chrono::milliseconds ttl) override {
    return store_->renew_host(id, ttl);
  }
  [[nodiscard]] Result<void> remove_host(std::string_view id) override { return store_->remove_host(id); }
  [[nodiscard]] Result<std::vector<HostRow>> hosts() override { return store_->hosts(); }
  [[nodiscard]] Result<Session> get_session(std::string_view tenant, std::string_view id) override {
    return store_->get_session(tenant, id);
  }
  [[nodiscard]] Result<std::vector<Session>> list_sessions(const SessionQuery& query) override {
    ++lists;
    return store_->list_sessions(query);
  }
  [[nodiscard]] Result<void> delete_session(std::string_view tenant, std::string_view id,
                                            std::uint64_t epoch) override {
    return store_->delete_session(tenant, id, epoch);
  }
  [[nodiscard]] Result<asmgr::Run> get_run(std::string_view tenant, std::string_view id) override {
    return store_->get_run(tenant, id);
  }
  [[nodiscard]] Result<std::vector<asmgr::Run>> list_runs(const RunQuery& query) override {
    return store_->list_runs(query);
  }
  [[nodiscard]] Result<void> visit_events(const EventQuery& query, const EventVisitor& visitor) override {
    return store_->visit_events(query, visitor);
  }
  [[nodiscard]] Result<Record> get_record(std::string_view tenant, std::string_view kind,
                                          std::string_view id) override {
    return store_->get_record(tenant, kind, id);
  }
  [[nodiscard]] Result<std::vector<Record>> list_records(const RecordQuery& query) override {
    return store_->list_records(query);
  }
  [[nodiscard]] ChangeFeed* changes() noexcept override { return this; }

  [[nodiscard]] Result<std::vector<Change>> read(std::uint64_t after, std::uint32_t limit) override {
    if (forget.exchange(false)) return Error(ErrorCode::cursor_expired, "the changes are gone");
    return store_->changes()->read(after, limit);
  }
  [[nodiscard]] Result<std::uint64_t> latest() override { return store_->changes()->latest(); }
  void wait(std::uint64_t after, std::chrono::milliseconds timeout, const CancelToken& cancel) override {
    store_->changes()->wait(after, timeout, cancel);
  }

 private:
  std::shared_ptr<Store> store_;
};

TEST_F(Feeding, WhenTheChangesAreGoneTheListOfSessionsStandsInForThem) {
  const auto store = std::make_shared<ForgetfulStore>(world_.store);
  const std::string open = world_.active_session();
  auto fed = std::make_unique<Feed>(store, sink_, options());
  ASSERT_TRUE(arrives(open));
  ASSERT_TRUE(eventually([&] { return stored().caught_up_at.is_set(); }));
  fed.reset();
  ASSERT_TRUE(world_.execute(world_.pending_run(open)));
  const std::string missed = ended_session();
  const int lists = store->lists;
  store->forget = true;
  fed = std::make_unique<Feed>(store, sink_, options());
  EXPECT_TRUE(arrives(open));
  EXPECT_TRUE(arrives(missed));
  EXPECT_GT(store->lists, lists);
  EXPECT_TRUE(sink_->whole(open, head(open)));
  EXPECT_EQ(sink_->numbers(open).size(), head(open));  // the open one had its own cursor
  const std::string later = ended_session();
  EXPECT_TRUE(arrives(later));
  EXPECT_EQ(sink_->numbers(missed).size(), head(missed));
}

TEST_F(Feeding, AStoreThatCannotSayThatSomethingChangedIsLookedThrough) {
  world_.store->hide_changes = true;
  FeedOptions quick = options();
  quick.poll = std::chrono::milliseconds(2);
  const Feed fed(world_.store, sink_, quick);
  const std::string session = ended_session();
  ASSERT_TRUE(arrives(session));
  const std::string next = ended_session();
  ASSERT_TRUE(arrives(next));
  EXPECT_EQ(sink_->numbers(session).size(), head(session));
}

TEST_F(Feeding, ManySessionsAtOnceEachKeepTheirOrder) {
  const auto fed = feed();
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::vector<std::string> sessions;
  world_.manager();
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const std::string session = ended_session();
      const std::lock_guard lock(mutex);
      sessions.push_back(session);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& session : sessions) {
    EXPECT_TRUE(arrives(session));
    EXPECT_TRUE(sink_->whole(session, head(session)));
  }
}

TEST_F(Feeding, ASecondProcessWithTheSameConsumerMovesNoCursorBack) {
  const std::string session = world_.active_session();
  const auto first = feed();
  auto other_sink = std::make_shared<ScriptedSink>();
  const Feed second(world_.store, other_sink, options());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(world_.execute(world_.pending_run(session)));
  ASSERT_TRUE(eventually([&] { return stored().delivered[session] == head(session); }));
  const std::string last = ended_session();
  ASSERT_TRUE(eventually([&] { return std::max(sink_->last(last), other_sink->last(last)) == head(last); }));
  EXPECT_GE(stored().delivered[session], head(session));
}

}  // namespace
}  // namespace asmgr::testing
