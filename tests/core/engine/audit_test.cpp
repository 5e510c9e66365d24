// What is on record of deletes, stopped runs and a host's own acts: by whom, in which order, together with the act.
#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "tests/core/engine/support/fake_policy.hpp"
#include "tests/core/engine/support/recording_observer.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Event> audit(World& world, AuditOptions options = {}) {
  auto acts = world.manager().get_audit(options);
  EXPECT_TRUE(acts) << acts.error().message();
  return acts ? *acts : std::vector<Event>{};
}

std::vector<std::string> types_of(const std::vector<Event>& events) {
  std::vector<std::string> types;
  for (const Event& event : events) types.push_back(event.type_name);
  return types;
}

boost::json::object data_of(const Event& event) {
  auto data = parse_json_object(event.data, "event");
  EXPECT_TRUE(data) << event.data;
  return data ? *data : boost::json::object{};
}

Result<Session> remove(World& world, const std::string& session, Caller caller = {"ann", "req-1"}) {
  DeleteSessionOptions options;
  options.session_id = session;
  options.caller = std::move(caller);
  return world.manager().delete_session(options);
}

std::vector<Session> audit_sessions(World& world) {
  SessionQuery query;
  query.agent_id = kAuditAgent;
  auto sessions = world.store->list_sessions(query);
  return sessions ? *sessions : std::vector<Session>{};
}

class AuditStream : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Stores, AuditStream, ::testing::Values("memory", "sqlite"));

TEST_P(AuditStream, ADeleteIsOnRecordWithWhoWhatAndWhichRequest) {
  World world(complete_with_text, GetParam());
  const std::string session = world.active_session();
  ASSERT_TRUE(remove(world, session));
  const auto acts = audit(world);
  ASSERT_THAT(types_of(acts), ElementsAre("audit_session_deleted"));
  const boost::json::object data = data_of(acts[0]);
  EXPECT_EQ(data.at("actor"), "ann");
  EXPECT_EQ(data.at("request_id"), "req-1");
  EXPECT_EQ(data.at("session_id"), session.c_str());
  EXPECT_EQ(data.at("details").at("agent_id"), "tester");
  EXPECT_TRUE(acts[0].timestamp.is_set());
}

TEST_P(AuditStream, AnImportIsOnRecordWithThePlaceOfItsLog) {
  World source(complete_with_text);
  const std::string session = source.active_session();
  std::string file;
  ExportSessionOptions out;
  out.session_id = session;
  out.write = [&](std::string_view text) -> Result<void> { return file += text, Result<void>{}; };
  const auto exported = source.manager().export_session(out);
  ASSERT_TRUE(exported) << exported.error().message();
  World world(complete_with_text, GetParam());
  ImportSessionOptions in;
  in.caller = {"ann", "req-1"};
  in.read = [at = std::string_view(file)](std::span<char> buffer) mutable -> Result<std::size_t> {
    const std::size_t length = at.copy(buffer.data(), buffer.size());
    at.remove_prefix(length);
    return length;
  };
  ASSERT_TRUE(world.manager().import_session(in));
  const auto acts = audit(world);
  ASSERT_THAT(types_of(acts), ElementsAre("audit_session_imported"));
  const boost::json::object data = data_of(acts[0]);
  EXPECT_EQ(data.at("actor"), "ann");
  EXPECT_EQ(data.at("session_id"), session.c_str());
  EXPECT_EQ(data.at("details").at("log"), to_text(exported->head).c_str());
}

TEST_P(AuditStream, IsAnOrdinaryChainedLogOfOneSessionPerHost) {
  World world(complete_with_text, GetParam());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(remove(world, world.active_session()));
  const auto sessions = audit_sessions(world);
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_THAT(world.checked_types(sessions[0].id), ElementsAre("session_created", "audit_session_deleted",
                                                               "audit_session_deleted", "audit_session_deleted"));
  ASSERT_TRUE(world.manager().get_session(sessions[0].id));
}

TEST_P(AuditStream, TheActAndItsRecordAreOneCommitCall) {
  World world(complete_with_text, GetParam());
  const std::string session = world.active_session();
  std::mutex mutex;
  std::vector<std::size_t> calls;  // units of the calls that carry the deletion
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    const auto deletes = [](const CommitUnit* unit) {
      return unit->session && unit->session->session.deleted_at.is_set();
    };
    const std::lock_guard lock(mutex);
    if (std::any_of(units.begin(), units.end(), deletes)) calls.push_back(units.size());
    return std::nullopt;
  };
  ASSERT_TRUE(remove(world, session));
  EXPECT_THAT(calls, ElementsAre(2U));
}

TEST(Audit, OrdinaryRunsLeaveNoAuditSession) {
  World world(complete_with_text);
  ASSERT_TRUE(world.execute(world.pending_run(world.active_session())));
  EXPECT_THAT(audit_sessions(world), IsEmpty());
}

TEST(Audit, APolicyThatStopsSomethingIsOnRecordWithoutTheText) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 50; ++i) {
      if (run.text("secret") == EmitAnswer::stop || run.context().cancel->cancelled()) break;
    }
    run.finish(FinishStatus::completed);
  });
  auto policy = std::make_shared<FakePolicy>();
  policy->cancel_on_text = true;
  use(world, policy);
  const std::string session = world.active_session();
  ExecuteRunOptions execute;
  execute.run_id = world.pending_run(session);
  execute.caller = {"bob", "req-2"};
  ASSERT_TRUE(world.manager().execute_run(execute));
  const auto acts = audit(world);
  ASSERT_THAT(types_of(acts), ElementsAre("audit_policy_stopped"));
  const boost::json::object data = data_of(acts[0]);
  EXPECT_EQ(data.at("actor"), "bob");
  EXPECT_EQ(data.at("run_id"), execute.run_id.c_str());
  EXPECT_EQ(data.at("details").at("action"), "cancel");
  EXPECT_EQ(data.at("details").at("violations").at(0).at("policy"), "fake");
  EXPECT_EQ(acts[0].data.find("no text please"), std::string::npos);
}

TEST(Audit, ActsOfTheHostItselfKeepTheirOrder) {
  World world(complete_with_text);
  for (int i = 0; i < 20; ++i) {
    AuditAct act{.what = "plugin_loaded", .by = {"root", ""}};
    act.details["number"] = i;
    world.manager().account_for(act);
  }
  ASSERT_TRUE(eventually([&] { return audit(world).size() == 20; }));
  const auto acts = audit(world);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(data_of(acts[static_cast<std::size_t>(i)]).at("details").at("number"), i);
}

TEST(Audit, TheLatestComeWithALimitAndOnlyLaterOnesWithATime) {
  World world(complete_with_text);
  std::vector<std::string> sessions;
  for (int i = 0; i < 4; ++i) {
    sessions.push_back(world.active_session());
    ASSERT_TRUE(remove(world, sessions.back()));
  }
  AuditOptions two;
  two.limit = 2;
  const auto latest = audit(world, two);
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_EQ(data_of(latest[0]).at("session_id"), sessions[2].c_str());
  EXPECT_EQ(data_of(latest[1]).at("session_id"), sessions[3].c_str());
  AuditOptions since;
  since.since = latest[1].timestamp;
  EXPECT_EQ(audit(world, since).size(), 1U);
}

TEST(Audit, IsHiddenFromListsUnlessItIsAskedFor) {
  World world(complete_with_text);
  const std::string kept = world.active_session();
  ASSERT_TRUE(remove(world, world.active_session()));
  auto listed = world.manager().list_sessions({});
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().session.id, kept);
  ListSessionsOptions asked;
  asked.agent_id = kAuditAgent;
  listed = world.manager().list_sessions(asked);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->size(), 1U);
}

TEST(Audit, NobodyElseTakesItsNameOrTouchesIt) {
  World world(complete_with_text);
  StartSessionOptions start;
  start.agent_id = kAuditAgent;
  auto made = world.manager().start_session(start);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::validation_error);

  ASSERT_TRUE(remove(world, world.active_session()));
  const std::string stream = audit_sessions(world).front().id;
  const auto removed = remove(world, stream);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), ErrorCode::invalid_operation);
  EXPECT_THAT(removed.error().message(), HasSubstr("audit stream"));
  EXPECT_FALSE(world.manager().activate_session({stream, "", {}, {}}));
  ASSERT_TRUE(remove(world, world.active_session()));  // and it goes on
  EXPECT_EQ(audit(world).size(), 2U);
}

TEST(Audit, WhatTheStoreRefusesOnceIsWrittenLaterAndOnce) {
  World world(complete_with_text);
  auto observer = std::make_shared<RecordingObserver>();
  world.observer = observer;
  const std::string session = world.active_session();
  std::atomic<int> failures{3};
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    const bool audits = std::any_of(units.begin(), units.end(), [](const CommitUnit* unit) {
      return !unit->events.empty() && unit->events.back().type_name == "audit_session_deleted";
    });
    if (audits && failures.fetch_sub(1) > 0) {
      return CommitStatus{CommitOutcome::failed, Error(ErrorCode::storage_connection_failed)};
    }
    return std::nullopt;
  };
  ASSERT_TRUE(remove(world, session));
  ASSERT_TRUE(eventually([&] { return audit(world).size() == 1; }));
  EXPECT_THAT(world.checked_types(audit_sessions(world).front().id),
              ElementsAre("session_created", "audit_session_deleted"));
  EXPECT_EQ(observer->seen().incidents.at(Incident::audit_delayed).size(), 1U);
}

TEST(Audit, ACommitOfUnknownOutcomeIsReadBackAndNotWrittenTwice) {
  for (const bool was_written : {true, false}) {
    World world(complete_with_text);
    const std::string session = world.active_session();
    std::atomic<bool> unclear{false};
    std::atomic<bool> once{true};
    world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
      if (units.size() != 2 || !once.exchange(false)) return std::nullopt;
      if (!was_written) return CommitStatus{CommitOutcome::ambiguous, Error(ErrorCode::storage_ambiguous)};
      unclear = true;
      return std::nullopt;
    };
    world.store->after_commit = [&]() -> std::optional<CommitStatus> {
      if (!unclear.exchange(false)) return std::nullopt;
      return CommitStatus{CommitOutcome::ambiguous, Error(ErrorCode::storage_ambiguous)};
    };
    ASSERT_TRUE(remove(world, session));
    ASSERT_TRUE(eventually([&] { return audit(world).size() == 1; }));
    ASSERT_TRUE(remove(world, world.active_session()));
    EXPECT_EQ(audit(world).size(), 2U);
    ASSERT_EQ(audit_sessions(world).size(), 1U);
    EXPECT_EQ(world.checked_types(audit_sessions(world).front().id).size(), 3U);
  }
}

TEST(Audit, AnActThatWasRefusedAfterAllIsOnRecordAsUndone) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  SessionManager other(world.wiring);
  // Another host takes the session while this one is about to delete it.
  std::atomic<bool> once{true};
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    const bool deletes = std::any_of(units.begin(), units.end(), [](const CommitUnit* unit) {
      return unit->session && unit->session->session.deleted_at.is_set();
    });
    if (deletes && once.exchange(false)) {
      for (const CommitUnit* unit : units) {
        if (unit->session_id == session) const_cast<CommitUnit*>(unit)->epoch += 1;  // as if it had been taken since
      }
    }
    return std::nullopt;
  };
  (void)remove(world, session);
  ASSERT_TRUE(eventually([&] {
    const auto types = types_of(audit(world));
    return std::find(types.begin(), types.end(), "audit_act_undone") != types.end();
  }));
  const auto acts = audit(world);
  EXPECT_EQ(acts[0].type_name, "audit_session_deleted");
  const boost::json::object undone = data_of(acts[1]);
  EXPECT_EQ(undone.at("details").at("act"), "session_deleted");
  EXPECT_EQ(undone.at("details").at("event_id"), acts[0].id.c_str());
  EXPECT_EQ(undone.at("details").at("error_code"), "stale_epoch");
}

TEST(Audit, StreamsOfSeveralHostsAreOneListByTime) {
  World world(complete_with_text);
  SessionManager other(world.wiring);
  const auto remove_by = [](SessionManager& manager, const std::string& actor) {
    StartSessionOptions start;
    start.agent_id = "tester";
    auto session = manager.start_session(start);
    ASSERT_TRUE(session);
    DeleteSessionOptions options;
    options.session_id = session->id;
    options.caller.actor = actor;
    ASSERT_TRUE(manager.delete_session(options));
  };
  remove_by(world.manager(), "one");
  remove_by(other, "two");
  remove_by(world.manager(), "three");
  std::vector<std::string> actors;
  for (const Event& act : audit(world)) actors.emplace_back(data_of(act).at("actor").as_string());
  EXPECT_THAT(actors, ElementsAre("one", "two", "three"));
  EXPECT_EQ(audit_sessions(world).size(), 2U);
}

TEST(Audit, ManyDeletesAtOnceLeaveOneWholeLog) {
  World world(complete_with_text, "sqlite");
  std::vector<std::string> sessions;
  for (int i = 0; i < 24; ++i) sessions.push_back(world.active_session());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = static_cast<std::size_t>(t); i < sessions.size(); i += 4)
        EXPECT_TRUE(remove(world, sessions[i]));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(audit(world).size(), 24U);
  ASSERT_EQ(audit_sessions(world).size(), 1U);
  EXPECT_EQ(world.checked_types(audit_sessions(world).front().id).size(), 25U);
}

}  // namespace
}  // namespace asmgr::testing
