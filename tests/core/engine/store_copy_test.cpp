// A store's content in another one: what is copied, what is left alone, and what is said about it.
#include <gmock/gmock.h>

#include "core/engine/store_copy.hpp"
#include "tests/core/engine/support/filled_store.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Mode = StoreCopyOptions::Mode;

StoreCopyReport copied(TwoStores& stores, const StoreCopyOptions& options = {}) {
  auto report = copy_store(stores.from(), stores.to(), options);
  EXPECT_TRUE(report) << report.error().message();
  return report ? std::move(*report) : StoreCopyReport{};
}
StoreCopyReport copied(TwoStores& stores, Mode mode) {
  StoreCopyOptions options;
  options.mode = mode;
  return copied(stores, options);
}
void expect_nothing_wrong(const StoreCopyReport& report) {
  for (const CopyProblem& problem : report.problems) ADD_FAILURE() << problem.message;
  EXPECT_THAT(report.moved, IsEmpty());
  EXPECT_TRUE(report.settled);
}
void expect_the_same(TwoStores& stores) {
  EXPECT_EQ(lines_of(stores.to()), lines_of(stores.from()));
}

class StoreCopy : public ::testing::Test {
 protected:
  static std::string message_of(const StoreCopyReport& report, const std::string& session_id) {
    for (const CopyProblem& problem : report.problems) {
      if (problem.session_id == session_id) return problem.message;
    }
    return "no problem with " + session_id;
  }
  std::vector<std::string> to_lines() { return lines_of(stores_.to()); }
  TwoStores stores_;
  Filler from_{stores_.from()};
  Filler to_{stores_.to(), 2};
};

TEST_F(StoreCopy, HoldsEverythingAndSaysHowMuch) {
  Session open = from_.session("tenant");
  from_.write(open, 5, {from_.run(open, RunStatus::completed), from_.run(open, RunStatus::failed)},
              {from_.record("approval", &open), from_.record("hold", &open)});
  Session deleted = from_.session();
  deleted.deleted_at = from_.tick();
  from_.write(deleted, 3);
  from_.put(from_.record("counter", nullptr));

  const StoreCopyReport report = copied(stores_);
  expect_nothing_wrong(report);
  EXPECT_EQ(report.copied, (CopyCounts{2, 2, 8, 3}));
  EXPECT_EQ(report.compared, (CopyCounts{2, 2, 8, 3}));
  expect_the_same(stores_);
}

TEST_F(StoreCopy, LeavesSessionsWithoutAnOwnerAtAnEpochAboveZero) {
  Session session = from_.session();
  from_.write(session, 5);
  (void)copied(stores_);
  const Head head = stores_.to().head(session.id).value();
  EXPECT_EQ(head.owner, "");
  EXPECT_GT(head.epoch, 0U);
}

TEST_F(StoreCopy, DoneAgainWritesNothing) {
  Session session = from_.session();
  from_.write(session, 5, {from_.run(session, RunStatus::completed)}, {from_.record("input", &session)});
  (void)copied(stores_);
  int commits = 0;
  stores_.to().before_commit = [&commits](auto) {
    ++commits;
    return std::nullopt;
  };
  const StoreCopyReport again = copied(stores_);
  expect_nothing_wrong(again);
  EXPECT_EQ(again.copied, CopyCounts{});
  EXPECT_EQ(again.passes, 1U);
  EXPECT_EQ(commits, 0);
}

TEST_F(StoreCopy, DoneAgainWritesTheDifference) {
  Session session = from_.session();
  asmgr::Run run = from_.run(session, RunStatus::pending);
  Record record = from_.record("queue", &session, "queued");
  from_.write(session, 5, {run}, {record});
  (void)copied(stores_);
  ++run.version;
  run.status = RunStatus::completed;
  ++record.version;
  record.status = "done";
  from_.write(session, 2, {run}, {record}, true);
  const StoreCopyReport again = copied(stores_);
  expect_nothing_wrong(again);
  EXPECT_EQ(again.copied, (CopyCounts{1, 1, 2, 1}));
  expect_the_same(stores_);
}

// What changes neither the log nor the document: made, decided or removed from anywhere.
TEST_F(StoreCopy, SeesRowsThatChangedAlone) {
  Session session = from_.session();
  Record record = from_.record("approval", &session, "pending");
  Record removed = from_.record("queue", &session, "done");
  from_.write(session, 5, {}, {record, removed});
  (void)copied(stores_);
  ++record.version;
  record.status = "granted";
  from_.put(record);
  CommitUnit unit;
  unit.session_id = session.id;
  unit.runs.push_back({from_.run(session, RunStatus::pending), kVersionAbsent});
  unit.records.push_back({removed, kVersionAny, RecordWrite::Kind::remove, 0});
  from_.commit(unit);
  const StoreCopyReport again = copied(stores_);
  expect_nothing_wrong(again);
  EXPECT_EQ(again.copied, (CopyCounts{1, 1, 0, 2}));
  expect_the_same(stores_);
}

TEST_F(StoreCopy, CopiesALongSessionInBoundedUnitsThatNobodySeesBeforeTheLast) {
  Session session = from_.session();
  from_.write(session, 100);
  std::vector<asmgr::Run> runs;
  for (int i = 0; i < 30; ++i) runs.push_back(from_.run(session, RunStatus::completed));
  from_.write(session, 1, runs, {}, true);
  StoreCopyOptions options;
  options.unit_rows = 7;
  std::size_t units_seen = 0;
  stores_.to().before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    std::size_t rows = 0;
    for (const CommitUnit* unit : units) rows += unit->events.size() + unit->runs.size() + unit->records.size();
    EXPECT_LE(rows, 7U);
    auto copy = stores_.to().get_session({}, session.id);
    EXPECT_EQ(static_cast<bool>(copy), units_seen != 0);
    EXPECT_TRUE(!copy || copy->deleted_at.is_set());
    ++units_seen;
    return std::nullopt;
  };
  expect_nothing_wrong(copied(stores_, options));
  EXPECT_GE(units_seen, 131U / 7);
  expect_the_same(stores_);
}

TEST_F(StoreCopy, BoundsTheBytesOfAUnitToo) {
  Session session = from_.session();
  from_.write(session, 100);
  StoreCopyOptions options;
  options.unit_bytes = 500;
  stores_.to().before_commit = [](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    std::size_t bytes = 0;
    for (const CommitUnit* unit : units) {
      for (const EventView& event : unit->events) bytes += event.data.size();
    }
    EXPECT_LE(bytes, 500U + 400U);  // the last one may pass it
    return std::nullopt;
  };
  expect_nothing_wrong(copied(stores_, options));
  expect_the_same(stores_);
}

TEST_F(StoreCopy, KeepsWhatALivingHostWorksOnHiddenUntilItHasEnded) {
  Session running = from_.session();
  asmgr::Run run = from_.run(running, RunStatus::running);
  from_.write(running, 5, {run});
  Session queued = from_.session();
  from_.write(queued, 5, {}, {from_.record("queue", &queued, "queued")});
  Session idle = from_.session();
  from_.write(idle, 5);
  ASSERT_TRUE(stores_.from().renew_host("host", std::chrono::hours(1)));

  const StoreCopyReport online = copied(stores_);
  expect_nothing_wrong(online);
  EXPECT_THAT(online.at_work, ::testing::UnorderedElementsAre(running.id, queued.id));
  for (const Session& session : {running, queued}) {
    EXPECT_TRUE(stores_.to().get_session({}, session.id)->deleted_at.is_set());
    EXPECT_EQ(stores_.to().head(session.id)->last_sequence, 5U);
  }
  EXPECT_FALSE(stores_.to().get_session({}, idle.id)->deleted_at.is_set());
  EXPECT_THAT(stores_.to().list_runs({}).value(), IsEmpty());
  RecordQuery queue;
  queue.kind = record_kind::kQueue;
  EXPECT_THAT(stores_.to().list_records(queue).value(), IsEmpty());

  ++run.version;
  run.status = RunStatus::completed;
  from_.write(running, 1, {run}, {}, true);
  ASSERT_TRUE(stores_.from().remove_host("host"));
  const StoreCopyReport drained = copied(stores_);
  expect_nothing_wrong(drained);
  EXPECT_THAT(drained.at_work, IsEmpty());
  EXPECT_EQ(drained.copied, (CopyCounts{2, 1, 1, 1}));
  expect_the_same(stores_);
}

// The run ends while its session is read: its row and its last event are one write in the copy too.
TEST_F(StoreCopy, WritesTheEndOfARunWithItsEvent) {
  Session session = from_.session();
  asmgr::Run run = from_.run(session, RunStatus::running);
  from_.write(session, 5, {run});
  int reads = 0;
  stores_.from().before_read = [&] {
    if (++reads != 2) return;  // its head has been read, its events have not
    ++run.version;
    run.status = RunStatus::completed;
    from_.write(session, 1, {run});
  };
  stores_.to().before_commit = [](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    EXPECT_EQ(units[0]->runs.size(), 1U);
    EXPECT_EQ(units[0]->events.size(), 6U);
    return std::nullopt;
  };
  expect_nothing_wrong(copied(stores_));
  expect_the_same(stores_);
}

// Its host is dead: whoever serves the copy recovers it as it would have been recovered there.
TEST_F(StoreCopy, TakesRunsThatADeadHostLeftAsTheyAre) {
  Session session = from_.session();
  from_.write(session, 5, {from_.run(session, RunStatus::running)});
  const StoreCopyReport report = copied(stores_);
  EXPECT_THAT(report.at_work, IsEmpty());
  expect_the_same(stores_);
}

TEST_F(StoreCopy, LeavesASessionAloneThatWasWrittenToInTheTarget) {
  Session longer = from_.session();
  from_.write(longer, 5);
  Session split = from_.session();
  from_.write(split, 5);
  Session untouched = from_.session();
  from_.write(untouched, 5);
  (void)copied(stores_);
  Session in_target = longer;
  to_.write(in_target, 1);
  in_target = split;
  to_.write(in_target, 2);
  from_.write(split, 4);
  from_.write(untouched, 4);
  const StoreCopyReport report = copied(stores_);
  ASSERT_THAT(report.problems, SizeIs(::testing::Ge(2U)));
  EXPECT_EQ(message_of(report, longer.id),
            "session " + longer.id +
                " of store 'to' is no copy of the one in 'from': it has 6 events, the original 5: it was written to "
                "there; nothing of it was touched");
  EXPECT_EQ(message_of(report, split.id),
            "session " + split.id +
                " of store 'to' is no copy of the one in 'from': its event 7 has another hash: it was written to "
                "there, or is another one; nothing of it was touched");
  EXPECT_EQ(stores_.to().head(longer.id)->last_sequence, 6U);
  EXPECT_EQ(stores_.to().head(split.id)->last_sequence, 7U);
  EXPECT_EQ(stores_.to().head(untouched.id)->last_sequence, 9U);
}

TEST_F(StoreCopy, LeavesASessionAloneWhoseDocumentOrRunWasChangedInTheTarget) {
  Session document = from_.session();
  from_.write(document, 5);
  Session row = from_.session();
  asmgr::Run run = from_.run(row, RunStatus::pending);
  from_.write(row, 5, {run});
  (void)copied(stores_);
  Session changed = document;
  changed.agent_id = "somebody else";
  to_.write(changed, 0, {}, {}, true);
  asmgr::Run changed_run = run;
  ++changed_run.version;
  changed_run.status = RunStatus::failed;
  Session of_row = row;
  to_.write(of_row, 0, {changed_run});
  const StoreCopyReport report = copied(stores_);
  EXPECT_THAT(message_of(report, document.id), HasSubstr("its document has version 2, the original 1"));
  EXPECT_THAT(message_of(report, row.id), HasSubstr("its run " + run.id + " has version"));
  EXPECT_EQ(stores_.to().get_session({}, document.id)->agent_id, "somebody else");
}

TEST_F(StoreCopy, RefusesASessionThatALivingHostOwnsInTheTarget) {
  Session session = from_.session();
  from_.write(session, 5);
  (void)copied(stores_);
  from_.write(session, 1);
  ASSERT_TRUE(stores_.to().renew_host("busy-host", std::chrono::hours(1)));
  CommitUnit take;
  take.session_id = session.id;
  take.owner = "busy-host";
  take.epoch = stores_.to().head(session.id)->epoch;
  take.expected_last_sequence = 5;
  take.take = true;
  to_.commit(take);
  const StoreCopyReport report = copied(stores_);
  EXPECT_TRUE(report.hosts_at_target);
  EXPECT_EQ(message_of(report, session.id),
            "session " + session.id +
                " of store 'to' is owned by host busy-host, which lives: nothing was copied into it; end that host and "
                "copy again");
}

// Between the look at its head and the write.
TEST_F(StoreCopy, RefusesASessionThatIsTakenInTheTargetMeanwhile) {
  Session session = from_.session();
  from_.write(session, 5);
  (void)copied(stores_);
  from_.write(session, 3);
  bool once = true;
  stores_.to().before_commit = [&](auto) -> std::optional<CommitStatus> {
    if (std::exchange(once, false)) {
      Session there = session;
      to_.write(there, 1);
    }
    return std::nullopt;
  };
  const StoreCopyReport report = copied(stores_);
  EXPECT_THAT(message_of(report, session.id), HasSubstr("it was taken since"));
  EXPECT_EQ(stores_.to().head(session.id)->last_sequence, 6U);
}

TEST_F(StoreCopy, CopiesNothingBehindADamagedEvent) {
  Session session = from_.session();
  from_.write(session, 3);
  Session forged = from_.session();
  forged.chain_id = session.id;  // its events are chained from another beginning than its document says
  Session said = forged;
  said.chain_id = "ses_another";
  from_.write(said, 3);
  CommitUnit unit;
  unit.session_id = said.id;
  unit.owner = "writer";
  unit.take = unit.release = true;
  unit.epoch = stores_.from().head(said.id)->epoch;
  unit.expected_last_sequence = 3;
  forged.version = said.version + 1;
  unit.session = SessionWrite{forged, said.version};
  from_.commit(unit);
  const StoreCopyReport report = copied(stores_);
  EXPECT_THAT(message_of(report, forged.id),
              HasSubstr("is copied up to event 0 only, its log does not verify: event 1"));
  EXPECT_FALSE(stores_.to().head(forged.id));
  EXPECT_TRUE(stores_.to().head(session.id));
}

TEST_F(StoreCopy, MergesIntoAStoreThatHasSessionsOfItsOwn) {
  Session own = to_.session();
  to_.write(own, 4);
  Session session = from_.session();
  from_.write(session, 5);
  const auto before = stores_.to().head(own.id)->hash;
  const StoreCopyReport report = copied(stores_);
  expect_nothing_wrong(report);
  EXPECT_THAT(report.others, ElementsAre(own.id));
  EXPECT_EQ(report.other_sessions, 1U);
  EXPECT_EQ(stores_.to().head(own.id)->hash, before);
  EXPECT_EQ(stores_.to().head(session.id)->last_sequence, 5U);
}

TEST_F(StoreCopy, DoesNotOverwriteCountersOfAStoreThatHasSessionsOfItsOwn) {
  Record counter = from_.record("counter", nullptr);
  from_.put(counter);
  Record theirs = counter;
  theirs.value = 4711;
  to_.put(theirs);
  Session own = to_.session();
  to_.write(own, 4);
  const StoreCopyReport report = copied(stores_);
  EXPECT_EQ(message_of(report, ""), "counter record " + counter.id +
                                        " of no session stands in store 'to' with other content, and that store has "
                                        "sessions of its own: it was left as it is");
  EXPECT_EQ(stores_.to().get_record({}, "counter", counter.id)->value, 4711);
}

TEST_F(StoreCopy, CarriesCountersOnWhoseVersionsStandStill) {
  Record counter = from_.record("counter", nullptr);
  from_.put(counter);
  (void)copied(stores_);
  counter.value += 5;
  from_.put(counter);
  expect_nothing_wrong(copied(stores_));
  expect_the_same(stores_);
}

// More of one id than a page holds.
TEST_F(StoreCopy, TakesRecordsOfManyTenantsWithOneId) {
  Record counter = from_.record("counter", nullptr);
  for (int i = 0; i < 450; ++i) {
    counter.tenant = "tenant" + std::to_string(i);
    from_.put(counter);
  }
  expect_nothing_wrong(copied(stores_));
  expect_the_same(stores_);
}

TEST_F(StoreCopy, LeavesBehindWhatIsAHosts) {
  from_.put(from_.record("host", nullptr));
  from_.put(from_.record("command", nullptr, "pending"));
  expect_nothing_wrong(copied(stores_));
  for (const std::string_view kind : {record_kind::kHost, record_kind::kCommand}) {
    RecordQuery query;
    query.kind = kind;
    EXPECT_THAT(stores_.to().list_records(query).value(), IsEmpty());
  }
}

TEST_F(StoreCopy, SaysWhichSessionsAreGoneAndRemovesThemWhenAsked) {
  Session session = from_.session();
  from_.write(session, 5, {}, {from_.record("input", &session)});
  from_.put(from_.record("counter", nullptr));
  (void)copied(stores_);
  to_.put(to_.record("counter", nullptr));
  ASSERT_TRUE(stores_.from().delete_session({}, session.id, stores_.from().head(session.id)->epoch));
  const StoreCopyReport kept = copied(stores_);
  expect_nothing_wrong(kept);
  EXPECT_THAT(kept.others, ElementsAre(session.id));
  StoreCopyOptions options;
  options.remove_others = true;
  const StoreCopyReport removed = copied(stores_, options);
  expect_nothing_wrong(removed);
  EXPECT_EQ(removed.removed, 1U);
  expect_the_same(stores_);
}

TEST_F(StoreCopy, ADryRunWritesNothingAndCountsWhatACopyThenWrites) {
  for (int i = 0; i < 20; ++i) {
    Session session = from_.session();
    from_.write(session, from_.below(50), {from_.run(session, RunStatus::completed)}, {from_.record("hold", &session)});
  }
  from_.put(from_.record("counter", nullptr));
  StoreCopyOptions options;
  options.unit_rows = 10;
  options.mode = Mode::dry_run;
  const StoreCopyReport dry = copied(stores_, options);
  EXPECT_THAT(lines_of(stores_.to()), IsEmpty());
  options.mode = Mode::copy;
  EXPECT_EQ(copied(stores_, options).copied, dry.copied);
  expect_the_same(stores_);
  EXPECT_EQ(copied(stores_, Mode::dry_run).copied, CopyCounts{});
}

TEST_F(StoreCopy, VerifyFindsWhatIsNotTheSame) {
  Session missing = from_.session(), behind = from_.session(), row = from_.session(), record = from_.session();
  for (Session* session : {&behind, &row, &record}) from_.write(*session, 5);
  (void)copied(stores_);
  from_.write(missing, 1);
  from_.write(behind, 2);
  from_.write(row, 0, {from_.run(row, RunStatus::completed)});
  from_.put(from_.record("input", &record));
  const auto before = to_lines();
  const StoreCopyReport report = copied(stores_, Mode::verify);
  EXPECT_EQ(report.passes, 0U);
  EXPECT_THAT(report.problems, SizeIs(4));
  EXPECT_EQ(message_of(report, missing.id), "session " + missing.id + " is not in store 'to'");
  EXPECT_EQ(message_of(report, behind.id), "session " + behind.id + " of store 'to' has 5 events, the original 7");
  EXPECT_THAT(message_of(report, row.id), HasSubstr(" is not in the copy"));
  EXPECT_THAT(message_of(report, record.id), HasSubstr("input record record-"));
  EXPECT_EQ(to_lines(), before);
}

// Somebody goes on writing while the check reads: no fault of the copy.
TEST_F(StoreCopy, VerifyDoesNotBlameTheCopyForWhatCameLater) {
  Session session = from_.session();
  from_.write(session, 5);
  (void)copied(stores_, Mode::copy_without_check);
  bool once = true;
  stores_.from().before_read = [&] {
    if (std::exchange(once, false)) from_.write(session, 1);
  };
  const StoreCopyReport report = copied(stores_, Mode::verify);
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.moved, ElementsAre(session.id));
}

TEST_F(StoreCopy, StopsWhenItIsToldTo) {
  for (int i = 0; i < 10; ++i) {
    Session session = from_.session();
    from_.write(session, 5);
  }
  CancelToken cancel;
  StoreCopyOptions options;
  options.cancel = &cancel;
  options.progress = [&cancel](const CopyProgress& progress) {
    if (progress.sessions == 3) cancel.cancel();
  };
  const auto report = copy_store(stores_.from(), stores_.to(), options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::cancelled);
  expect_nothing_wrong(copied(stores_));
  expect_the_same(stores_);
}

}  // namespace
}  // namespace asmgr::testing
