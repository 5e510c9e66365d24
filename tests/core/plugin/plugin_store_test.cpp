#include "core/plugin/plugin_store.hpp"

#include <gtest/gtest.h>

#include "core/plugin/abi_convert.hpp"
#include "core/plugin/factory.hpp"
#include "tests/core/plugin/fake_component.hpp"

namespace asmgr {
namespace {

using test::fake_of;
using test::text;

template <typename Query>
using Read = std::function<asmgr_status(const Query&, const asmgr_sink*, asmgr_error*)>;

// A store whose functions a test sets; what is not set answers OK and does nothing.
struct FakeStore {
  static const void* table(std::string_view id);
  std::string description = R"({"durable":true,"multi_process":true,"fast_commit":true,"readers":3})";
  std::function<asmgr_status(const asmgr_array*, const asmgr_array*, std::uint64_t, asmgr_error*)> commit;
  std::function<asmgr_status(asmgr_head*, asmgr_error*)> head;
  std::function<asmgr_status(const asmgr_sink*)> get_session;
  std::function<asmgr_status(const asmgr_sink*)> get_run;
  std::function<asmgr_status(const asmgr_sink*)> get_record;
  Read<asmgr_session_query> list_sessions;
  Read<asmgr_event_query> get_events;
  std::function<asmgr_status(const asmgr_sink*)> read_changes;
  std::function<asmgr_status()> wait;
  std::function<asmgr_status(const asmgr_sink*)> list_records = [](const asmgr_sink*) { return ASMGR_OK; };
  bool destroyed = false;
};

bool offer_changes = true;

const void* FakeStore::table(std::string_view id) {
  static const asmgr_store store = [] {
    asmgr_store table{};
    table.size = sizeof table;
    table.describe = [](asmgr_instance* self, const asmgr_sink* sink, asmgr_error*) noexcept -> asmgr_status {
      test::push_text(sink, fake_of<FakeStore>(self).description);
      return ASMGR_OK;
    };
    table.commit = [](asmgr_instance* self, const asmgr_array* units, const asmgr_array* results, std::uint64_t wait_us,
                      asmgr_error* error) noexcept -> asmgr_status {
      return fake_of<FakeStore>(self).commit(units, results, wait_us, error);
    };
    table.head = [](asmgr_instance* self, asmgr_str, asmgr_head* out, asmgr_error* error) noexcept -> asmgr_status {
      return fake_of<FakeStore>(self).head(out, error);
    };
    table.host_renew = [](asmgr_instance*, asmgr_str, std::uint64_t ttl_ms, std::int64_t* expires_us,
                          asmgr_error*) noexcept -> asmgr_status {
      *expires_us = static_cast<std::int64_t>(ttl_ms) * 1000;
      return ASMGR_OK;
    };
    table.hosts = [](asmgr_instance*, const asmgr_sink* sink, asmgr_error*) noexcept -> asmgr_status {
      test::push<asmgr_host_row>(sink, {{sizeof(asmgr_host_row), 1, 5, text("h1")}});
      return ASMGR_OK;
    };
    table.get_session = [](asmgr_instance* self, asmgr_str, asmgr_str, const asmgr_sink* sink,
                           asmgr_error*) noexcept -> asmgr_status {
      return fake_of<FakeStore>(self).get_session(sink);
    };
    table.list_sessions = [](asmgr_instance* self, const asmgr_session_query* query, const asmgr_sink* sink,
                             asmgr_error* error) noexcept -> asmgr_status {
      return fake_of<FakeStore>(self).list_sessions(*query, sink, error);
    };
    table.delete_session = [](asmgr_instance*, asmgr_str, asmgr_str, std::uint64_t,
                              asmgr_error*) noexcept -> asmgr_status { return ASMGR_E_STALE_EPOCH; };
    table.get_run = [](asmgr_instance* self, asmgr_str, asmgr_str, const asmgr_sink* sink,
                       asmgr_error*) noexcept -> asmgr_status { return fake_of<FakeStore>(self).get_run(sink); };
    table.list_runs = [](asmgr_instance*, const asmgr_run_query*, const asmgr_sink*,
                         asmgr_error*) noexcept -> asmgr_status { return ASMGR_OK; };
    table.get_events = [](asmgr_instance* self, const asmgr_event_query* query, const asmgr_sink* sink,
                          asmgr_error* error) noexcept -> asmgr_status {
      return fake_of<FakeStore>(self).get_events(*query, sink, error);
    };
    table.get_record = [](asmgr_instance* self, asmgr_str, asmgr_str, asmgr_str, const asmgr_sink* sink,
                          asmgr_error*) noexcept -> asmgr_status { return fake_of<FakeStore>(self).get_record(sink); };
    table.list_records = [](asmgr_instance* self, const asmgr_record_query*, const asmgr_sink* sink,
                            asmgr_error*) noexcept -> asmgr_status {
      return fake_of<FakeStore>(self).list_records(sink);
    };
    return table;
  }();
  static const asmgr_store_changes changes = [] {
    asmgr_store_changes table{};
    table.size = sizeof table;
    table.read = [](asmgr_instance* self, std::uint64_t, std::uint32_t, const asmgr_sink* sink,
                    asmgr_error*) noexcept -> asmgr_status { return fake_of<FakeStore>(self).read_changes(sink); };
    table.latest = [](asmgr_instance*, std::uint64_t* change, asmgr_error*) noexcept -> asmgr_status {
      *change = 77;
      return ASMGR_OK;
    };
    table.wait = [](asmgr_instance* self, std::uint64_t, std::uint64_t, const asmgr_cancel*,
                    asmgr_error*) noexcept -> asmgr_status { return fake_of<FakeStore>(self).wait(); };
    return table;
  }();
  if (id == ASMGR_IFACE_STORE) return &store;
  if (id == ASMGR_IFACE_STORE_CHANGES && offer_changes) return &changes;
  return nullptr;
}

asmgr_commit_result& result_at(const asmgr_array* results, std::uint32_t index) {
  return *ASMGR_AT(asmgr_commit_result, results, index);
}

class PluginStoreTest : public testing::Test {
 protected:
  ~PluginStoreTest() override { offer_changes = true; }
  std::unique_ptr<Store> make() {
    auto made = create_store(component_.ref(), "local", component_.config());
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : nullptr;
  }
  // Commits one unit with two events whose log ends at 4 before it.
  CommitStatus commit_one(UnitResult& result) {
    CommitUnit unit;
    unit.session_id = "ses_1";
    unit.owner = "h1";
    unit.epoch = 2;
    unit.expected_last_sequence = 4;
    unit.session = SessionWrite{test::a_session(), 3};
    unit.runs.push_back({test::a_run(), 1});
    unit.records.push_back(
        {Record{"counter", "c", "t", "", 1, "open", {}, 5, "{}"}, 0, RecordWrite::Kind::add, 10, 50});
    std::vector<EventView> events(2);
    for (EventView& event : events) {
      event.id = "evt";
      event.type = EventType::turn_completed;
      event.type_name = type_name(event.type);
      event.data = data_;
      event.caller_id = true;
    }
    unit.events = events;
    const CommitUnit* units[] = {&unit};
    return make()->commit(units, std::span(&result, 1), 1000);
  }
  UnitResult answered(asmgr_status status, std::function<void(asmgr_commit_result&)> more = {}) {
    fake_.commit = [=](const asmgr_array*, const asmgr_array* results, std::uint64_t, asmgr_error*) {
      asmgr_commit_result& result = result_at(results, 0);
      result.status = status;
      result.last_seq = 6;
      result.epoch = 2;
      if (more) more(result);
      return ASMGR_OK;
    };
    UnitResult result;
    EXPECT_EQ(commit_one(result).outcome, CommitOutcome::filled);
    return result;
  }
  static asmgr_event stored_event(std::uint64_t seq) {
    asmgr_event event{};
    event.size = sizeof event;
    event.schema = 1;
    event.seq = seq;
    event.time_us = 5;
    event.type = ASMGR_EV_TURN_COMPLETED;
    event.type_name = text("turn_completed");
    event.id = text("evt_1");
    event.session_id = text("ses_1");
    return event;
  }

  const std::string data_ = R"({"x":1})";
  FakeStore fake_;
  test::FakeComponent<FakeStore> component_{ComponentKind::store, fake_};
};

TEST_F(PluginStoreTest, TellsWhatThePluginSaysOfItself) {
  const auto store = make();
  EXPECT_EQ(store->info().name, "local");
  EXPECT_TRUE(store->info().durable);
  EXPECT_TRUE(store->info().fast_commit);
  EXPECT_EQ(store->info().readers, 3);
  EXPECT_NE(store->changes(), nullptr);
}

TEST_F(PluginStoreTest, AStoreOfManyProcessesMustOfferChanges) {
  offer_changes = false;
  const auto made = create_store(component_.ref(), "local", component_.config());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message(),
            "plugin 'fake' cannot be loaded: /fake.asmgr.so: store 'fake' lacks the interface asmgr.store.changes/1, "
            "which a multi_process store must have; tell the plugin's author");
  EXPECT_TRUE(fake_.destroyed);
}

TEST_F(PluginStoreTest, ACommitCarriesEverythingAndCopiesNoEventBytes) {
  fake_.commit = [&](const asmgr_array* units, const asmgr_array* results, std::uint64_t wait_us, asmgr_error*) {
    EXPECT_EQ(units->count, 1U);
    EXPECT_EQ(wait_us, 1000U);
    const auto& unit = *ASMGR_AT(const asmgr_commit_unit, units, 0);
    EXPECT_EQ(text(unit.session_id), "ses_1");
    EXPECT_EQ(text(unit.owner), "h1");
    EXPECT_EQ(unit.epoch, 2U);
    EXPECT_EQ(unit.expected_last_seq, 4U);
    EXPECT_EQ(unit.session->expected_version, 3U);
    EXPECT_EQ(text(unit.session->doc), session_doc(test::a_session()));
    EXPECT_EQ(unit.runs.count, 1U);
    EXPECT_EQ(text(ASMGR_AT(const asmgr_run, &unit.runs, 0)->id), "run_1");
    const auto& record = *ASMGR_AT(const asmgr_record, &unit.records, 0);
    EXPECT_EQ(record.flags, std::uint32_t{ASMGR_RECORD_ADD});
    EXPECT_EQ(record.add, 10);
    EXPECT_EQ(record.ceiling, 50);
    EXPECT_EQ(unit.events.count, 2U);
    const auto& event = *ASMGR_AT(const asmgr_event, &unit.events, 1);
    EXPECT_EQ(event.data.ptr, data_.data()) << "the bytes are the caller's own";
    EXPECT_EQ(event.flags, ASMGR_EVENT_CALLER_ID);
    EXPECT_EQ(event.type, std::uint32_t{ASMGR_EV_TURN_COMPLETED});
    result_at(results, 0).status = ASMGR_OK;
    result_at(results, 0).last_seq = 6;
    result_at(results, 0).epoch = 2;
    return ASMGR_OK;
  };
  UnitResult result;
  EXPECT_EQ(commit_one(result).outcome, CommitOutcome::filled);
  EXPECT_EQ(result.answer, CommitAnswer::ok);
  EXPECT_EQ(result.last_sequence, 6U);
  EXPECT_FALSE(result.error);
}

TEST_F(PluginStoreTest, EveryRefusalOfAUnitHasItsAnswerAndAnError) {
  const std::pair<asmgr_status, CommitAnswer> cases[] = {
      {ASMGR_E_CONFLICT, CommitAnswer::version_conflict},
      {ASMGR_E_SEQUENCE_CONFLICT, CommitAnswer::sequence_conflict},
      {ASMGR_E_STALE_EPOCH, CommitAnswer::stale_epoch},
      {ASMGR_E_ALREADY_EXISTS, CommitAnswer::already_exists},
      {ASMGR_E_LIMIT_EXCEEDED, CommitAnswer::limit_exceeded},
      {ASMGR_E_SESSION_NOT_FOUND, CommitAnswer::refused},
  };
  for (const auto& [status, answer] : cases) {
    const UnitResult result = answered(status, [](asmgr_commit_result& said) { said.value = 42; });
    EXPECT_EQ(result.answer, answer) << status;
    ASSERT_TRUE(result.error) << status;
    EXPECT_EQ(result.value, 42);
  }
}

TEST_F(PluginStoreTest, ExistingEventsAreReported) {
  const UnitResult result = answered(ASMGR_E_ALREADY_EXISTS, [](asmgr_commit_result& said) {
    test::push<asmgr_existing_event>(said.existing, {{sizeof(asmgr_existing_event), 1, 3, text("evt")}});
    test::fail(said.error, ASMGR_E_ALREADY_EXISTS, "there already");
  });
  ASSERT_EQ(result.existing.size(), 1U);
  EXPECT_EQ(result.existing[0].index, 1U);
  EXPECT_EQ(result.existing[0].sequence_number, 3U);
  EXPECT_EQ(result.error->message(), "local.commit: there already");
}

TEST_F(PluginStoreTest, TheWholeCallsOutcomeFollowsItsStatus) {
  const std::pair<asmgr_status, CommitOutcome> cases[] = {
      {ASMGR_E_BUSY, CommitOutcome::busy},
      {ASMGR_E_STORAGE_AMBIGUOUS, CommitOutcome::ambiguous},
      {ASMGR_E_STORAGE_FULL, CommitOutcome::failed},
  };
  for (const auto& [status, outcome] : cases) {
    fake_.commit = [status = status](const asmgr_array*, const asmgr_array*, std::uint64_t, asmgr_error*) {
      return status;
    };
    UnitResult result;
    const CommitStatus said = commit_one(result);
    EXPECT_EQ(said.outcome, outcome);
    ASSERT_TRUE(said.error);
  }
}

TEST_F(PluginStoreTest, AResultThatWasNotFilledMeansThatNobodyKnows) {
  fake_.commit = [](const asmgr_array*, const asmgr_array*, std::uint64_t, asmgr_error*) { return ASMGR_OK; };
  UnitResult result;
  const CommitStatus said = commit_one(result);
  EXPECT_EQ(said.outcome, CommitOutcome::ambiguous);
  EXPECT_EQ(said.error->code(), ErrorCode::plugin_misbehaved);
  EXPECT_EQ(said.error->message(),
            "local.commit broke the plugin contract: result 0 was not filled though the commit answered OK");
}

TEST_F(PluginStoreTest, AWrongLastNumberMeansThatNobodyKnows) {
  fake_.commit = [](const asmgr_array*, const asmgr_array* results, std::uint64_t, asmgr_error*) {
    result_at(results, 0).status = ASMGR_OK;
    result_at(results, 0).last_seq = 5;
    return ASMGR_OK;
  };
  UnitResult result;
  const CommitStatus said = commit_one(result);
  EXPECT_EQ(said.outcome, CommitOutcome::ambiguous);
  EXPECT_EQ(said.error->message(),
            "local.commit broke the plugin contract: result 0 says the log ends at 5 where it must end at 6");
}

TEST_F(PluginStoreTest, AnExistingEventOutsideTheUnitIsALie) {
  fake_.commit = [](const asmgr_array*, const asmgr_array* results, std::uint64_t, asmgr_error*) {
    result_at(results, 0).status = ASMGR_E_ALREADY_EXISTS;
    test::push<asmgr_existing_event>(result_at(results, 0).existing, {{sizeof(asmgr_existing_event), 2, 3, text("e")}});
    return ASMGR_OK;
  };
  UnitResult result;
  EXPECT_EQ(commit_one(result).error->message(),
            "local.commit broke the plugin contract: result 0 names existing event 2 of 2");
}

TEST_F(PluginStoreTest, TheHeadComesWithItsOwner) {
  fake_.head = [](asmgr_head* out, asmgr_error*) {
    out->last_seq = 9;
    out->epoch = 4;
    out->hash[0] = 0xAB;
    out->owner_alive = 1;
    test::push_text(out->owner, "h1");
    return ASMGR_OK;
  };
  const auto head = make()->head("ses_1");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->last_sequence, 9U);
  EXPECT_EQ(head->owner, "h1");
  EXPECT_TRUE(head->owner_alive);
  EXPECT_EQ(head->hash[0], 0xAB);
}

TEST_F(PluginStoreTest, AMissingSessionKeepsItsCode) {
  fake_.head = [](asmgr_head*, asmgr_error* error) {
    return test::fail(error, ASMGR_E_SESSION_NOT_FOUND, "session ses_9 does not exist");
  };
  const auto head = make()->head("ses_9");
  EXPECT_EQ(head.error().code(), ErrorCode::session_not_found);
  EXPECT_EQ(head.error().message(), "local.head: session ses_9 does not exist");
}

TEST_F(PluginStoreTest, ASessionSurvivesTheRoundTrip) {
  const Session session = test::a_session();
  const std::string doc = session_doc(session);
  asmgr_session abi{};
  to_abi(session, doc, abi);
  fake_.get_session = [&](const asmgr_sink* sink) {
    test::push<asmgr_session>(sink, {abi});
    return ASMGR_OK;
  };
  const auto read = make()->get_session("t", "ses_1");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, session);
}

TEST_F(PluginStoreTest, ARunSurvivesTheRoundTrip) {
  const asmgr::Run run = test::a_run();
  const std::string doc = run_doc(run);
  asmgr_run abi{};
  to_abi(run, doc, abi);
  fake_.get_run = [&](const asmgr_sink* sink) {
    test::push<asmgr_run>(sink, {abi});
    return ASMGR_OK;
  };
  const auto read = make()->get_run("t", "run_1");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, run);
}

TEST_F(PluginStoreTest, ARecordSurvivesTheRoundTrip) {
  const Record record{"command", "c1", "t", "ses_1", 4, "open", {77}, -5, "{}"};
  asmgr_record abi{};
  to_abi(record, abi);
  fake_.get_record = [&](const asmgr_sink* sink) {
    test::push<asmgr_record>(sink, {abi});
    return ASMGR_OK;
  };
  const auto read = make()->get_record("t", "command", "c1");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, record);
}

TEST_F(PluginStoreTest, LiesInRowsAreNamed) {
  const std::string doc = "{}";
  asmgr_session abi{};
  const auto said = [&](const std::function<void(asmgr_session&)>& spoil) {
    const Session session = test::a_session();
    to_abi(session, doc, abi);
    spoil(abi);
    fake_.get_session = [&](const asmgr_sink* sink) {
      test::push<asmgr_session>(sink, {abi});
      return ASMGR_OK;
    };
    const auto read = make()->get_session("t", "ses_1");
    return read ? std::string("(read)") : read.error().message();
  };
  const std::string lie = "local.get_session broke the plugin contract: ";
  EXPECT_EQ(said([](asmgr_session& s) { s.status = 77; }), lie + "its status is 77, which no session has");
  EXPECT_EQ(said([](asmgr_session& s) { s.tenant = text("\xff"); }), lie + "its tenant is not UTF-8");
  EXPECT_EQ(said([](asmgr_session& s) { s.id = {}; }), lie + "it has no id");
  EXPECT_TRUE(said([](asmgr_session& s) { s.doc = text("{"); }).starts_with(lie + "its doc cannot be read: "));
}

TEST_F(PluginStoreTest, OkWithoutARowIsALie) {
  fake_.get_session = [](const asmgr_sink*) { return ASMGR_OK; };
  EXPECT_EQ(make()->get_session("t", "x").error().message(),
            "local.get_session broke the plugin contract: it answered OK and pushed nothing");
}

TEST_F(PluginStoreTest, MoreRowsThanAskedForAreALie) {
  const Session session = test::a_session();
  const std::string doc = "{}";
  asmgr_session abi{};
  to_abi(session, doc, abi);
  fake_.list_sessions = [&](const asmgr_session_query& query, const asmgr_sink* sink, asmgr_error*) {
    EXPECT_EQ(query.status_mask, (1U << 2U) | (1U << 3U));
    EXPECT_EQ(test::push<asmgr_session>(sink, {abi, abi}), 1) << "it is told to stop";
    return ASMGR_OK;
  };
  SessionQuery query;
  query.statuses = {SessionStatus::active, SessionStatus::paused};
  query.limit = 1;
  EXPECT_EQ(make()->list_sessions(query).error().message(),
            "local.list_sessions broke the plugin contract: it pushed more than the 1 rows asked for");
}

TEST_F(PluginStoreTest, APageOfRecordsGoesBeyondItsLimitWithThoseOfOneId) {
  const auto record = [](const char* id, const char* tenant) {
    asmgr_record made{};
    made.size = sizeof made;
    made.kind = text("counter");
    made.id = text(id);
    made.tenant = text(tenant);
    made.version = 1;
    return made;
  };
  RecordQuery query;
  query.kind = "counter";
  query.limit = 2;
  fake_.list_records = [&](const asmgr_sink* sink) {
    EXPECT_EQ(test::push<asmgr_record>(sink, {record("a", ""), record("b", "one"), record("b", "two")}), 0);
    return ASMGR_OK;
  };
  const auto page = make()->list_records(query);
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_EQ(page->size(), 3U);
  fake_.list_records = [&](const asmgr_sink* sink) {
    test::push<asmgr_record>(sink, {record("a", ""), record("b", "one"), record("c", "")});
    return ASMGR_OK;
  };
  EXPECT_EQ(make()->list_records(query).error().message(),
            "local.list_records broke the plugin contract: it pushed more than the 2 rows asked for");
}

TEST_F(PluginStoreTest, EventsAreVisitedUntilTheVisitorHasEnough) {
  int pushes = 0;
  fake_.get_events = [&](const asmgr_event_query& query, const asmgr_sink* sink, asmgr_error*) {
    EXPECT_EQ(query.types.count, 1U);
    EXPECT_EQ(text(*ASMGR_AT(asmgr_str, &query.types, 0)), "turn_completed");
    EXPECT_EQ(query.since_us, std::numeric_limits<std::int64_t>::min());
    for (std::uint64_t seq = 1; seq <= 5; ++seq) {
      ++pushes;
      if (test::push<asmgr_event>(sink, {stored_event(seq)}) != 0) break;
    }
    return ASMGR_OK;
  };
  EventQuery query;
  query.session_id = "ses_1";
  query.types = {"turn_completed"};
  std::vector<std::uint64_t> seen;
  EXPECT_TRUE(make()->visit_events(query, [&](const EventView& event) {
    seen.push_back(event.sequence_number);
    return seen.size() < 2;
  }));
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(pushes, 2);
}

TEST_F(PluginStoreTest, AVisitorsExceptionPassesAroundThePlugin) {
  fake_.get_events = [&](const asmgr_event_query&, const asmgr_sink* sink, asmgr_error*) {
    EXPECT_EQ(test::push<asmgr_event>(sink, {stored_event(1)}), 1);
    return ASMGR_OK;
  };
  const auto store = make();
  EXPECT_THROW(
      static_cast<void>(store->visit_events({}, [](const EventView&) -> bool { throw std::logic_error("x"); })),
      std::logic_error);
}

TEST_F(PluginStoreTest, HostsAreRenewedAndListed) {
  const auto store = make();
  EXPECT_EQ(store->renew_host("h1", std::chrono::milliseconds(7))->us, 7000);
  EXPECT_TRUE(store->remove_host("h1"));
  const auto hosts = store->hosts();
  ASSERT_TRUE(hosts);
  EXPECT_EQ(hosts->at(0).id, "h1");
  EXPECT_TRUE(hosts->at(0).alive);
}

TEST_F(PluginStoreTest, ChangesMustRise) {
  fake_.read_changes = [](const asmgr_sink* sink) {
    test::push<asmgr_change>(sink, {{sizeof(asmgr_change), 1, 8, 2, text("s")}, {sizeof(asmgr_change), 1, 8, 2, {}}});
    return ASMGR_OK;
  };
  const auto store = make();
  EXPECT_EQ(*store->changes()->latest(), 77U);
  EXPECT_EQ(store->changes()->read(7, 10).error().message(),
            "local.changes.read broke the plugin contract: change 8 came after change 8");
}

TEST_F(PluginStoreTest, AFeedThatFailsDoesNotMakeItsWaiterSpin) {
  fake_.wait = [] { return asmgr_status{ASMGR_E_STORAGE}; };
  const auto store = make();
  const CancelToken cancel;
  const auto before = std::chrono::steady_clock::now();
  store->changes()->wait(0, std::chrono::milliseconds(30), cancel);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(30));
}

}  // namespace
}  // namespace asmgr
