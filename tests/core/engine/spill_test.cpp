// Events that are too large for the log: what it keeps of them, and where the whole goes.
#include <gmock/gmock.h>

#include <array>

#include "core/engine/artifact_registry.hpp"
#include "core/engine/event_spill.hpp"
#include "core/model/json.hpp"
#include "tests/core/engine/support/artifacts_double.hpp"
#include "tests/core/engine/support/conversation.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kMost = 8192;

std::string data_of(std::size_t bytes) {
  const std::string around = R"({"role":"assistant","content":""})";
  std::string said;
  while (said.size() < bytes) said += "so many words ";
  return R"({"role":"assistant","content":")" + said.substr(0, bytes - around.size()) + R"("})";
}

class SpillWorld : public World {
 public:
  explicit SpillWorld(ScriptedProvider::Script script, const std::string& plugin = "memory")
      : World(std::move(script), plugin) {
    Pipeline& pipeline = wiring.pipelines["default"];
    pipeline.max_event_bytes = kMost;
    pipeline.artifacts = artifacts;
    pipeline.artifacts_name = "files";
  }
  Event first(const std::string& session, EventType type) {
    for (const Event& event : events(session)) {
      if (event.type == type) return event;
    }
    ADD_FAILURE() << "no " << type_name(type);
    return {};
  }
  Result<std::string> whole(const std::string& key) {
    std::string text;
    auto read = manager().read_artifact({key, "", [&text](std::string_view piece) -> Result<void> {
                                           text += piece;
                                           return {};
                                         }});
    if (!read) return read.error();
    return text;
  }

  std::shared_ptr<ArtifactsDouble> artifacts = std::make_shared<ArtifactsDouble>();
};

void say_much(ScriptedRun& run) {
  // Texts that can begin no secret, so they go out as they are.
  run.text("1");
  run.emit(EventType::message_received, data_of(kMost + 1));
  run.text("2");
  run.finish(FinishStatus::completed);
}

boost::json::value mark_of(const Event& event) {
  auto data = parse_json_object(event.data, "data");
  if (!data || !data->contains("_truncated")) return nullptr;
  return data->at("_truncated");
}

class SpillOn : public ::testing::TestWithParam<const char*> {};

TEST_P(SpillOn, TheLogKeepsTheBeginningAndTheArtifactTheWhole) {
  SpillWorld world(say_much, GetParam());
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_TRUE(result->warnings.empty());
  EXPECT_THAT(world.checked_types(session),
              ElementsAre("session_created", "session_started", "message_sent", "run_started", "message_streamed",
                          "message_received", "message_streamed", "run_completed"));
  const Event event = world.first(session, EventType::message_received);
  EXPECT_LE(event.data.size(), kMost);
  EXPECT_THAT(event.data, HasSubstr(R"("role":"assistant")"));
  const boost::json::value mark = mark_of(event);
  ASSERT_TRUE(mark.is_object()) << event.data.substr(0, 100);
  EXPECT_EQ(mark.at("bytes").to_number<std::size_t>(), kMost + 1);
  const std::string key(mark.at("artifact").as_string());
  EXPECT_EQ(*world.whole(key), data_of(kMost + 1));

  auto known = world.manager().list_artifacts(session);
  ASSERT_TRUE(known) << known.error().message();
  ASSERT_EQ(known->size(), 1U);
  const Artifact& artifact = known->front();
  EXPECT_EQ(artifact.key, key);
  EXPECT_EQ(artifact.bytes, kMost + 1);
  EXPECT_EQ(to_hex(artifact.sha256), std::string(mark.at("sha256").as_string()));
  EXPECT_EQ(artifact.artifacts, "files");
  EXPECT_EQ(artifact.run_id, event.run_id);
  EXPECT_EQ(to_text(artifact.metadata),
            R"({"kind":"event","event_type":"message_received","event_id":")" + event.id + R"("})");
  EXPECT_EQ(*world.manager().get_artifact(key), artifact);
  EXPECT_EQ(world.manager().get_artifact_stats(session)->total_bytes, kMost + 1);
}
INSTANTIATE_TEST_SUITE_P(Stores, SpillOn, ::testing::Values("memory", "sqlite"));

TEST(Spill, WhatFitsIsLeftAlone) {
  SpillWorld world([](ScriptedRun& run) {
    run.emit(EventType::message_received, data_of(kMost));
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  EXPECT_EQ(world.first(session, EventType::message_received).data, data_of(kMost));
  EXPECT_TRUE(world.artifacts->keys().empty());
  EXPECT_EQ(*find_artifact_mark(*world.store), "") << "a store without artifacts needs no mark";
}

// Also what the engine itself says: here the prompt.
TEST(Spill, APromptThatIsTooLargeReachesTheProviderWhole) {
  std::size_t got = 0;
  SpillWorld world([&got](ScriptedRun& run) {
    got = to_text(run.context().run->input).size();
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  StartRunOptions start;
  start.session_id = session;
  start.input = boost::json::object{{"prompt", data_of(20'000)}};
  ASSERT_TRUE(world.execute(world.manager().start_run(start)->id));
  EXPECT_GT(got, 20'000U);
  EXPECT_TRUE(mark_of(world.first(session, EventType::message_sent)).is_object());
}

TEST(Spill, NothingOvertakesAnEventThatWaitsForItsArtifact) {
  Latch putting;
  Latch may_end;
  std::atomic<int> large_units{0};
  std::atomic<bool> record_with_event{true};
  SpillWorld world(say_much);
  world.artifacts->before_put = [&](const std::string&) -> std::optional<Error> {
    putting.open();
    may_end.wait();
    return std::nullopt;
  };
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    for (const CommitUnit* unit : units) {
      const bool large = std::any_of(unit->events.begin(), unit->events.end(), [](const EventView& event) {
        return event.data.find("_truncated") != std::string_view::npos;
      });
      const auto records = std::count_if(unit->records.begin(), unit->records.end(), [](const RecordWrite& write) {
        return write.record.kind == record_kind::kArtifact;
      });
      if (large) ++large_units;
      if (large != (records == 1)) record_with_event = false;
    }
    return std::nullopt;
  };
  const std::string session = world.active_session();
  auto ended = world.begin(world.pending_run(session));
  putting.wait();
  const auto so_far = world.checked_types(session);
  EXPECT_EQ(std::count(so_far.begin(), so_far.end(), "message_received"), 0);
  EXPECT_LE(std::count(so_far.begin(), so_far.end(), "message_streamed"), 1);
  EXPECT_EQ(std::count(so_far.begin(), so_far.end(), "run_completed"), 0);
  may_end.open();
  auto result = ended.get();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  const auto types = world.checked_types(session);
  EXPECT_THAT(std::vector<std::string>(types.end() - 4, types.end()),
              ElementsAre("message_streamed", "message_received", "message_streamed", "run_completed"));
  EXPECT_EQ(large_units, 1);
  EXPECT_TRUE(record_with_event) << "the record and the event that names it are one unit";
}

// A row is of the moment in which its unit was made, however long it waits.
TEST(Spill, ARowDoesNotRunAheadOfItsEventsWhileAnArtifactIsPut) {
  Latch putting;
  Latch said_all;
  std::atomic<bool> ran_ahead{false};
  SpillWorld world([&](ScriptedRun& run) {
    // The report of usage puts the run's row into the unit of the large event.
    const std::string large = data_of(kMost + 1);
    std::array<EventView, 2> events;
    events[0].type = EventType::message_received;
    events[0].data = large;
    events[1].type = EventType::token_usage_updated;
    events[1].data = R"({"input_tokens":1,"output_tokens":1})";
    for (EventView& event : events) event.type_name = type_name(event.type);
    (void)run.context().channel->emit(events, EmitMode::may_block);
    putting.wait();
    run.finish(FinishStatus::completed);
    said_all.open();
  });
  world.artifacts->before_put = [&](const std::string&) -> std::optional<Error> {
    putting.open();
    said_all.wait();
    return std::nullopt;
  };
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    for (const CommitUnit* unit : units) {
      const bool terminal = std::any_of(unit->events.begin(), unit->events.end(),
                                        [](const EventView& event) { return event.type == EventType::run_completed; });
      for (const RunWrite& write : unit->runs) {
        if (write.run.status == RunStatus::completed && !terminal) ran_ahead = true;
      }
    }
    return std::nullopt;
  };
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  EXPECT_FALSE(ran_ahead);
}

TEST(Spill, APutThatFailsCostsTheRestOfTheTextAndNotTheRun) {
  SpillWorld world([](ScriptedRun& run) {
    run.emit(EventType::message_received, data_of(kMost + 1));
    run.emit(EventType::message_received, data_of(kMost + 2));
    run.finish(FinishStatus::completed);
  });
  world.artifacts->before_put = [](const std::string&) { return Error(ErrorCode::storage_full, "the disk is full"); };
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  ASSERT_EQ(result->warnings.size(), 1U) << "one for the run, not one for each event";
  EXPECT_THAT(result->warnings[0], HasSubstr("could not be put into artifacts 'files': the disk is full"));
  const boost::json::value mark = mark_of(world.first(session, EventType::message_received));
  ASSERT_TRUE(mark.is_object());
  EXPECT_TRUE(mark.at("artifact").is_null());
  EXPECT_TRUE(world.manager().list_artifacts(session)->empty());
  EXPECT_EQ(world.logged("the disk is full").size(), 1U);
}

// On a thread that may stay there, with a copy of the text.
TEST(Spill, AnArtifactStoreThatDoesNotAnswerIsDoneWithout) {
  auto hangs = std::make_shared<Latch>();
  auto artifacts = std::make_shared<ArtifactsDouble>();
  artifacts->before_put = [hangs](const std::string&) -> std::optional<Error> {
    hangs->wait();
    return std::nullopt;
  };
  Spill spill;
  spill.max_event_bytes = kMost;
  spill.artifacts = artifacts;
  spill.artifacts_name = "files";
  HelperThreads helpers;
  const auto find_mark = [] { return Result<std::string>("0123456789abcdef"); };
  const auto spilled = [&](const std::atomic<bool>& stopping, std::chrono::milliseconds deadline) {
    const LargeEvent event{std::make_shared<const std::string>(data_of(kMost + 1)),
                           "message_received",
                           "evt_1",
                           "ses_1",
                           "run_1",
                           system_clock().now()};
    return spill_event(spill, event, {find_mark, helpers, stopping, deadline});
  };
  std::atomic<bool> stopping{false};
  const SpilledEvent late = spilled(stopping, std::chrono::milliseconds(60));
  EXPECT_FALSE(late.artifact);
  EXPECT_THAT(late.problem, HasSubstr("has not answered for 60 ms"));
  EXPECT_LE(late.data.size(), kMost);
  stopping = true;
  EXPECT_THAT(spilled(stopping, std::chrono::hours(1)).problem, HasSubstr("the host ends"));
  hangs->open();
}

TEST(Spill, WithoutAnArtifactStoreTheResultSaysWhatToDo) {
  SpillWorld world(say_much);
  world.wiring.pipelines["default"].artifacts = nullptr;
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  ASSERT_EQ(result->warnings.size(), 1U);
  EXPECT_THAT(result->warnings[0], HasSubstr("pipeline 'default' names no artifacts"));
  EXPECT_TRUE(mark_of(world.first(session, EventType::message_received)).at("artifact").is_null());
}

TEST(Spill, AStoreThatDeclaresLessDecides) {
  SpillWorld world(say_much);
  world.wiring.pipelines["default"].max_event_bytes = 1'000'000;
  world.store->set_most_event_bytes(5000);
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  EXPECT_LE(world.first(session, EventType::message_received).data.size(), 5000U);
}

TEST(Spill, BytesThatAreNotWhatWasKeptAreAnErrorNamingTheKeyAndBothDigests) {
  SpillWorld world(say_much);
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  const std::string key = world.artifacts->keys().at(0);
  const std::string good = world.artifacts->text(key);
  std::string bad = good;
  bad[bad.size() / 2] ^= 1;
  for (const std::string& bytes : {bad, good.substr(1), good + "x", std::string()}) {
    world.artifacts->replace(key, bytes);
    auto read = world.whole(key);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::storage_error);
    EXPECT_THAT(read.error().message(), HasSubstr(key));
    EXPECT_EQ(std::string(read.error().details().at("expected_sha256").as_string()),
              to_hex(world.manager().get_artifact(key)->sha256));
    EXPECT_NE(read.error().details().at("found_sha256"), read.error().details().at("expected_sha256"));
  }
  world.artifacts->replace(key, good);
  EXPECT_EQ(*world.whole(key), good);
}

TEST(Spill, AForkNamesTheSameBytesWhereItsEventsDo) {
  SpillWorld world(say_much);
  const std::string parent = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(parent)));
  const std::string key = world.artifacts->keys().at(0);
  const auto fork_at = [&](std::uint64_t at) {
    ForkSessionOptions options;
    options.session_id = parent;
    options.at = at;
    return world.manager().fork_session(options)->id;
  };
  const std::string early = fork_at(5);
  const std::string late = fork_at(7);
  EXPECT_TRUE(world.manager().list_artifacts(early)->empty());
  auto known = world.manager().list_artifacts(late);
  ASSERT_EQ(known->size(), 1U);
  EXPECT_EQ(known->front().key, key);
  EXPECT_EQ(known->front().session_id, late);
  ASSERT_TRUE(world.store->delete_session({}, parent, world.store->head(parent)->epoch));
  EXPECT_EQ(*world.whole(key), data_of(kMost + 1)) << "it goes with the last session that names it";
}

TEST(Spill, AnExportTellsOfArtifactsWhereThatIsAskedForAndAnImportRegistersThem) {
  SpillWorld source(say_much);
  const std::string session = source.active_session();
  ASSERT_TRUE(source.execute(source.pending_run(session)));
  const auto export_it = [&](World& world, const std::string& id, bool with_artifacts) {
    std::string text;
    auto done = world.manager().export_session({id, "",
                                                [&](std::string_view piece) -> Result<void> {
                                                  text += piece;
                                                  return {};
                                                },
                                                with_artifacts});
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->artifacts, with_artifacts ? 1U : 0U);
    return text;
  };
  const std::string file = export_it(source, session, true);
  EXPECT_EQ(lines_of(file).size(), lines_of(export_it(source, session, false)).size() + 1);

  SpillWorld target(say_much);
  target.wiring.pipelines["default"].artifacts = source.artifacts;  // the bytes were taken along
  auto done = imported(target, file);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->artifacts, 1U);
  EXPECT_EQ(export_it(target, session, true), file);
  EXPECT_EQ(*target.manager().list_artifacts(session), *source.manager().list_artifacts(session));
  EXPECT_EQ(*target.whole(source.artifacts->keys().at(0)), data_of(kMost + 1));

  auto lines = lines_of(file);
  lines.erase(lines.end() - 2);
  EXPECT_FALSE(imported(target, joined(lines))) << "a line less is found";
}

}  // namespace
}  // namespace asmgr::testing
