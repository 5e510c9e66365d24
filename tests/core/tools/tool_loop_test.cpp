// Runs of providers that answer with one model call per start: the engine asks about each tool, the loop runs it and
// tells the model.
#include "core/tools/tool_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <thread>

#include "core/model/json.hpp"
#include "core/routing/router.hpp"
#include "tests/core/tools/tool_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Neither stickiness nor a cooldown keeps the second turn from the first target: only that the other one has the run.
TEST(ToolLoop, GoesOnWithTheTargetOfARouterThatAskedForTheTool) {
  ToolWorld world({wanted("echo", R"({"text":"hi"})")});
  const auto down = std::make_shared<ScriptedProvider>(
      [](ScriptedRun& run) {
        run.finish(FinishStatus::failed, R"({"error":{"code":"provider_unavailable","message":"down"}})");
      },
      EnforcementGrade::own);
  down->set_name("down");
  RouteSettings settings;
  settings.cooldown = settings.sticky_ttl = std::chrono::milliseconds(0);
  world.wiring.providers["best"] =
      std::make_shared<Router>("best", settings, std::vector<Router::Target>{{down, 1}, {world.provider, 1}});
  world.wiring.pipelines["default"].provider = "best";
  const auto result = world.execute_one();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(result->token_usage.input_tokens, 15) << "of both model calls";
  EXPECT_EQ(result->routing->at("routed_provider").as_string(), "test");
  EXPECT_EQ(result->routing->at("attempt").as_int64(), 2);
  EXPECT_EQ(down->starts, 1);
  EXPECT_EQ(world.seen().size(), 2U);
  world.end_manager();
  world.wiring.providers.erase("best");
}

TEST(ToolLoop, RunsWhatTheModelAsksForAndTellsItWhatCameOfIt) {
  ToolWorld world({wanted("echo", R"({"text":"hi"})")});
  const auto result = world.execute_one();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(result->token_usage.input_tokens, 15) << "of both model calls";
  EXPECT_THAT(world.types_of_tools(), ElementsAre("tool_call_started", "tool_call_completed", "step_started"));
  ASSERT_EQ(world.seen().size(), 2U);
  EXPECT_EQ(world.seen()[0].tools,
            R"([{"name":"mcp__fake__echo","description":"does echo","input_schema":{"type":"object"}}])");
  EXPECT_EQ(world.seen()[0].transcript, "");
  EXPECT_EQ(world.seen()[1].turn, 2U);
  EXPECT_EQ(world.transcript_of(2),
            R"([{"role":"user","content":"hello"},{"role":"assistant","content":"let me see"},)"
            R"({"role":"assistant","tool_call_id":"c1","tool_name":"mcp__fake__echo","tool_input":{"text":"hi"}},)"
            R"({"role":"tool","tool_call_id":"c1","tool_name":"mcp__fake__echo","tool_output":"hi"}])");
  EXPECT_EQ(to_text(world.data_of(world.session, "tool_call_completed").at("tool_output")), "\"hi\"");
}

TEST(ToolLoop, TellsTheModelWhyACallWasDeniedAndRunsItNot) {
  ToolWorld world({wanted("echo", R"({"text":"forbidden"})")});
  const auto result = world.execute_one();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(world.server->calls, 0);
  EXPECT_THAT(world.transcript_of(2), HasSubstr(R"("tool_output":"this is forbidden","is_error":true)"));
}

TEST(ToolLoop, SaysWhatThereIsWhereTheModelWantsAToolThatDoesNotExist) {
  ToolWorld world({wanted("rm")});
  ASSERT_TRUE(world.execute_one());
  EXPECT_THAT(world.transcript_of(2), HasSubstr("there is no tool 'mcp__fake__rm' (there are: mcp__fake__echo)"));
  EXPECT_THAT(world.types_of_tools(), ElementsAre("tool_call_started", "tool_call_failed", "step_started"));
}

TEST(ToolLoop, AsksAPersonAndRunsTheInputThatThePersonMadeOfIt) {
  ToolWorld world({R"([{"id":"c1","name":"ask_person","input":{"text":"as asked"}}])"});
  world.server->add("ask", [](const boost::json::object&, const FakeToolServer::Answer& answer) { answer({}); });
  world.session = world.active_session();
  auto running = world.begin(world.pending_run(world.session));
  const Approval asked = world.pending();
  EXPECT_EQ(asked.tool_name, "ask_person");
  EXPECT_EQ(world.seen().size(), 1U) << "the model waits too";
  ASSERT_TRUE(world.decide(asked.id, false, "not today"));
  ASSERT_TRUE(running.get());
  EXPECT_THAT(world.transcript_of(2), HasSubstr("not today"));
}

TEST(ToolLoop, RunsCallsBesideOneAnotherUpToItsBound) {
  std::string calls;
  for (int i = 0; i < 6; ++i) {
    calls += (i == 0 ? "[" : ",") + (R"({"id":"c)" + std::to_string(i) + R"(","name":"mcp__fake__slow","input":{}})");
  }
  ToolLoopOptions options;
  options.parallel = 3;
  ToolWorld world({calls + "]"}, options);
  std::mutex mutex;
  std::vector<FakeToolServer::Answer> waiting;
  world.server->add("slow", [&](const boost::json::object&, FakeToolServer::Answer answer) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(answer));
  });
  const auto take = [&](std::size_t expected) {
    EXPECT_TRUE(eventually([&] {
      const std::lock_guard lock(mutex);
      return waiting.size() == expected;
    }));
    const std::lock_guard lock(mutex);
    return std::exchange(waiting, {});
  };
  world.session = world.active_session();
  auto running = world.begin(world.pending_run(world.session));
  for (int round = 0; round < 2; ++round) {
    const auto answers = take(3);
    EXPECT_EQ(world.server->calls, 3 * (round + 1));
    for (auto answer = answers.rbegin(); answer != answers.rend(); ++answer) (*answer)({false, "ok"});
  }
  ASSERT_TRUE(running.get());
  EXPECT_EQ(world.count(world.session, "tool_call_completed"), 6U);
  const std::string told = world.transcript_of(2);
  EXPECT_LT(told.find(R"("tool_call_id":"c0","tool_name":"mcp__fake__slow","tool_output")"),
            told.find(R"("tool_call_id":"c5","tool_name":"mcp__fake__slow","tool_output")"))
      << "in the order in which the model asked, whatever came first";
}

TEST(ToolLoop, CutsWhatIsTooLongForTheModelAndTheLog) {
  ToolLoopOptions options;
  options.max_result_bytes = 10;
  ToolWorld world({wanted("echo", R"({"text":"0123456789abcdef"})")}, options);
  ASSERT_TRUE(world.execute_one());
  EXPECT_EQ(world.data_of(world.session, "tool_call_completed").at("tool_output"),
            "0123456789\n[cut here: 10 of 16 bytes are shown]");
}

TEST(ToolLoop, EndsTheRunAfterMaxTurns) {
  ToolWorld world({wanted("echo"), wanted("echo"), wanted("echo")});
  ExecuteRunOptions options;
  options.execution.adapter_opts["max_turns"] = 2;
  world.session = world.active_session();
  options.run_id = world.pending_run(world.session);
  const auto result = world.manager().execute_run(options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_THAT(result->error->message(), HasSubstr("after 2 turns"));
  EXPECT_EQ(world.server->calls, 1);
  EXPECT_EQ(result->token_usage.input_tokens, 10);
}

TEST(ToolLoop, ACancelWhileAToolRunsStopsItAndEndsTheRun) {
  ToolWorld world({wanted("hang")});
  FakeToolServer::Answer late;
  world.server->add("hang",
                    [&](const boost::json::object&, FakeToolServer::Answer answer) { late = std::move(answer); });
  world.session = world.active_session();
  const std::string run = world.pending_run(world.session);
  auto running = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.server->calls == 1; }));
  ASSERT_TRUE(world.cancel(run));
  const auto ended = running.get();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status, RunStatus::cancelled);
  EXPECT_EQ(world.server->cancels, 1);
  EXPECT_EQ(world.count(world.session, "tool_call_failed"), 1U);
  late({false, "too late"});
  EXPECT_EQ(world.provider->starts, 1);
}

TEST(ToolLoop, ACancelWhileTheModelSpeaksReachesIt) {
  ToolWorld world({wanted("echo")});
  world.instead_of_turn = [&](ScriptedRun& run) {
    if (run.context().turn != 2) return false;
    // By its call: one that ends when its token says so may be gone before that comes.
    EXPECT_TRUE(eventually([&] { return world.provider->cancels == 1; }));
    run.finish(FinishStatus::cancelled);
    return true;
  };
  world.session = world.active_session();
  const std::string run = world.pending_run(world.session);
  auto running = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 2; }));
  ASSERT_TRUE(world.cancel(run));
  const auto ended = running.get();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status, RunStatus::cancelled);
}

TEST(ToolLoop, AModelThatASlowStoreHasPausedGoesOnWithItsToolsWhenThereIsRoom) {
  std::atomic<bool> store_stands{true};
  ToolWorld world({wanted("echo")});
  world.instead_of_turn = [&](ScriptedRun& run) {
    if (run.context().turn != 1) return false;
    EmitAnswer answer = EmitAnswer::go_on;
    for (int i = 0; i < 5000 && answer == EmitAnswer::go_on; ++i) answer = run.text("x", EmitMode::asynchronous);
    EXPECT_EQ(answer, EmitAnswer::pause);
    run.finish(FinishStatus::tool_calls, R"({"tool_calls":)" + wanted("echo") + "}");
    store_stands = false;
    return true;
  };
  world.store->set_fast(false);
  std::atomic<bool> spoke{false};
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    for (const CommitUnit* unit : units) {
      for (const EventView& event : unit->events) spoke = spoke || event.type == EventType::message_streamed;
    }
    if (spoke) {
      EXPECT_TRUE(eventually([&] { return !store_stands; }));
    }
    return std::nullopt;
  };
  const auto result = world.execute_one();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(world.server->calls, 1);
  EXPECT_EQ(world.seen().size(), 2U);
}

TEST(ToolLoop, ARunWhoseToolsCannotBeHadFailsAndSaysWhichServer) {
  ToolWorld world({});
  world.server->refuses = Error(ErrorCode::provider_unavailable, "tool server 'fake' (mcp.fake): it is not there");
  const auto result = world.execute_one();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_THAT(result->error->message(), HasSubstr("mcp.fake"));
  EXPECT_EQ(world.provider->starts, 0);
}

TEST(ToolLoop, AProviderThatNamesNoCallMisbehaves) {
  ToolWorld world({"[]"});
  const auto result = world.execute_one();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error->code(), ErrorCode::plugin_misbehaved);
}

std::shared_ptr<const ToolSet> offer_of(std::vector<std::shared_ptr<ToolServer>> servers,
                                        std::vector<std::string> allow) {
  return std::make_shared<const ToolSet>(std::move(servers), std::move(allow));
}

TEST(ToolLoop, ImagesOfAnEarlierRunAreImagesForTheModelAgain) {
  const std::string parts =
      R"([{"type":"text","text":"what is this?"},{"type":"image","source":{"type":"url","url":"https://x/y.png"}}])";
  ToolWorld world({});
  world.session = world.active_session();
  StartRunOptions start;
  start.session_id = world.session;
  start.input = boost::json::parse(R"({"messages":[{"role":"user","content":)" + parts + "}]}");
  const auto first = world.manager().start_run(start);
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(world.execute(first->id));
  EXPECT_EQ(world.data_of(world.session, "message_sent").at("content"), "what is this?");
  ExecuteRunOptions options;
  options.run_id = world.pending_run(world.session);
  options.execution.continuation = boost::json::value("auto");
  ASSERT_TRUE(world.manager().execute_run(options));
  ASSERT_EQ(world.seen().size(), 2U);
  EXPECT_EQ(world.seen()[1].transcript,
            R"([{"role":"user","content":)" + parts + R"(},{"role":"assistant","content":"done"}])");
}

TEST(ToolLoop, TwoToolsThatTheModelCouldNotTellApartAreRefusedUnlessNoneIsAllowed) {
  const auto one = std::make_shared<FakeToolServer>("one");
  const auto two = std::make_shared<FakeToolServer>("two");
  for (const auto& server : {one, two}) server->add("same", {});
  std::string refused;
  offer_of({one, two}, {"*"})->offer([&](const Result<OfferedTools>& offered) { refused = offered.error().message(); });
  EXPECT_THAT(refused, HasSubstr("'same' of mcp.one and 'same' of mcp.two would both be 'mcp__fake__same'"));
  bool taken = false;
  offer_of({one, two}, {"mcp__others__*"})->offer([&](const Result<OfferedTools>& offered) { taken = !!offered; });
  EXPECT_TRUE(taken);
  offer_of({one, one}, {"*"})->offer([&](const Result<OfferedTools>& offered) { taken = !!offered; });
  EXPECT_TRUE(taken) << "the same tool, said twice";
}

TEST(ToolLoop, OnlyWhatThePipelineAllowsIsOffered) {
  auto server = std::make_shared<FakeToolServer>();
  for (const char* tool : {"read_file", "write_file", "list"}) server->add(tool, {});
  const auto offered_by = [&](std::vector<std::string> allow) {
    std::string names;
    offer_of({server}, std::move(allow))->offer([&](Result<OfferedTools> offered) { names = offered->names(); });
    return names;
  };
  EXPECT_EQ(offered_by({"*"}), "mcp__fake__list, mcp__fake__read_file, mcp__fake__write_file");
  EXPECT_EQ(offered_by({"mcp__fake__*_file"}), "mcp__fake__read_file, mcp__fake__write_file");
  EXPECT_EQ(offered_by({"mcp__fake__list"}), "mcp__fake__list");
  EXPECT_EQ(offered_by({}), "none");
}

}  // namespace
}  // namespace asmgr::testing
