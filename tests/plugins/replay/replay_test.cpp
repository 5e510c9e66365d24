// What a host sees of a played recording, and of the faults that can be put into it.
#include <gmock/gmock.h>

#include "tests/plugins/support/fake_run.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kCompleted = ASMGR_FINISH_COMPLETED;
constexpr std::uint32_t kFailed = ASMGR_FINISH_FAILED;
constexpr std::uint32_t kCancelled = ASMGR_FINISH_CANCELLED;

const char* const kChat =
    R"({"replay":1,"grade":"cancel","capabilities":[{"name":"streaming","type":"sampling"}],"models":["m1"]}
{"t":0.0,"type":"run_started","data":{"session_id":"native","model":"m1"}}
{"t":0.1,"type":"message_streamed","data":{"content":"Hel","delta":"Hel"}}
{"t":0.2,"type":"message_streamed","data":{"content":"lo","delta":"lo"}}
{"t":0.3,"type":"message_received","data":{"content":"Hello","role":"assistant"},"metadata":{"n":1}}
{"t":0.3,"finish":{"status":"completed","output":{"content":"Hello"},"token_usage":{"output_tokens":2},"error":null}}
)";

const char* const kTools =
    R"({"t":0,"type":"tool_call_started","data":{"tool_call_id":"c1","tool_name":"bash","tool_input":{"command":"ls"}}}
{"t":0,"type":"message_streamed","data":{"delta":"between"}}
{"t":0,"type":"tool_call_completed","data":{"tool_call_id":"c1","tool_name":"bash","tool_output":{"content":"a"}}}
{"t":0,"type":"message_received","data":{"content":"done"}}
{"t":0,"finish":{"status":"completed","output":{}}}
)";

class Replay : public testing::Test {
 protected:
  std::unique_ptr<ProviderUnderTest> provider(const std::string& recording, json::object config = {}) {
    config["file"] = folder_.write("recording.jsonl", recording).string();
    if (!config.contains("speed")) config["speed"] = 0;
    return std::make_unique<ProviderUnderTest>("replay", config);
  }

  // The message with which a recording is refused, without the folder's name.
  std::string refusal(const std::string& recording) {
    try {
      provider(recording);
      return "accepted";
    } catch (const std::runtime_error& error) {
      return std::string(error.what()).substr(folder_.path().string().size() + 1);
    }
  }

  // Plays the recording once with one fault.
  std::unique_ptr<FakeRun> play_with(json::object fault) {
    const auto replay = provider(kChat, {{"faults", json::array{std::move(fault)}}});
    auto run = std::make_unique<FakeRun>("x");
    replay->run(*run);
    return run;
  }

  TempFolder folder_;
};

TEST_F(Replay, DescribesItselfAsItsFileSays) {
  const json::value description = provider(kChat)->describe();
  EXPECT_EQ(description.at("grade"), "cancel");
  EXPECT_EQ(description.at("capabilities"), (json::value{{{"name", "streaming"}, {"type", "sampling"}}}));
  EXPECT_EQ(description.at("models"), json::value(json::array{"m1"}));
  EXPECT_EQ(description.at("vendor"), "replay");
  EXPECT_EQ(description.at("max_output_tokens"), 0);
}

TEST_F(Replay, WithoutAHeaderItIsOfGradeIntercept) {
  const json::value description = provider(kTools)->describe();
  EXPECT_EQ(description.at("grade"), "intercept");
  EXPECT_EQ(description.at("capabilities"), json::array());
  EXPECT_EQ(description.at("models"), json::array());
}

TEST_F(Replay, PlaysEventsAndFinishAsRecorded) {
  const auto replay = provider(kChat);
  FakeRun run("anything");
  replay->run(run);
  EXPECT_THAT(run.event_types(),
              ElementsAre("run_started", "message_streamed", "message_streamed", "message_received"));
  EXPECT_EQ(run.events()[0].data, (json::value{{"session_id", "native"}, {"model", "m1"}}));
  EXPECT_EQ(run.finish().status, kCompleted);
  EXPECT_EQ(run.finish().result,
            (json::value{{"output", {{"content", "Hello"}}}, {"token_usage", {{"output_tokens", 2}}}}));
}

TEST_F(Replay, KeepsTheRecordedTimes) {
  const auto replay = provider(kChat, {{"speed", 1}});
  FakeRun run("x");
  const auto begin = std::chrono::steady_clock::now();
  replay->run(run);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(300));
}

TEST_F(Replay, PlaysFasterOnRequest) {
  const std::string slow = R"({"t":1000,"type":"message_streamed","data":{"delta":"x"}}
{"t":1000,"finish":{"status":"completed"}})";
  const auto replay = provider(slow, {{"speed", 20000}});
  FakeRun run("x");
  const auto begin = std::chrono::steady_clock::now();
  replay->run(run);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(50));
  EXPECT_LT(took, seconds(5));
}

TEST_F(Replay, UnknownTypesKeepTheirName) {
  const auto replay = provider(R"({"t":0,"type":"something_new","data":{"a":1}}
{"t":0,"finish":{"status":"completed"}})");
  FakeRun run("x");
  replay->run(run);
  EXPECT_THAT(run.event_types(), ElementsAre("something_new"));
  EXPECT_EQ(run.events()[0].type, 0U);
}

TEST_F(Replay, EachStartPlaysOnAfterTheLastFinish) {
  const auto replay = provider(R"({"t":5,"type":"message_received","data":{"content":"one"}}
{"t":5,"finish":{"status":"tool_calls","tool_calls":[{"id":"c","name":"n","input":{}}]}}
{"t":0,"type":"message_received","data":{"content":"two"}}
{"t":0,"finish":{"status":"failed","error":{"code":"provider_rate_limited","message":"slow down"}}}
)");
  FakeRun first("x");
  FakeRun second("x");
  replay->run(first);
  replay->run(second);
  EXPECT_EQ(first.events()[0].data.at("content"), "one");
  EXPECT_EQ(first.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_TOOL_CALLS));
  EXPECT_EQ(first.finish().result.at("tool_calls").at(0).at("id"), "c");
  EXPECT_EQ(second.events()[0].data.at("content"), "two");
  EXPECT_EQ(second.finish().status, kFailed);
  EXPECT_EQ(second.finish().error_code(), "provider_rate_limited");
}

TEST_F(Replay, AnExhaustedRecordingRefusesToStart) {
  const auto replay = provider(R"({"t":0,"finish":{"status":"completed"}})");
  FakeRun first("x");
  FakeRun second("x");
  replay->run(first);
  try {
    replay->start(second);
    FAIL() << "started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the recording is exhausted: all 1 runs of '"));
  }
  EXPECT_TRUE(second.finishes().empty());
}

TEST_F(Replay, AsksBeforeEachToolCallAndGoesOn) {
  const auto replay = provider(kTools);
  FakeRun run("x");
  replay->run(run);
  ASSERT_EQ(run.asked().size(), 1U);
  EXPECT_EQ(run.asked()[0],
            (json::value{{"tool_call_id", "c1"}, {"tool_name", "bash"}, {"tool_input", {{"command", "ls"}}}}));
  EXPECT_THAT(run.event_types(),
              ElementsAre("tool_call_started", "message_streamed", "tool_call_completed", "message_received"));
}

TEST_F(Replay, ADeniedCallFailsInTheRecordedResultsPlace) {
  const auto replay = provider(kTools);
  FakeRun run("x");
  run.answer = {ASMGR_VERDICT_DENY, "no", "", false};
  replay->run(run);
  EXPECT_THAT(run.event_types(),
              ElementsAre("tool_call_started", "message_streamed", "tool_call_failed", "message_received"));
  EXPECT_EQ(run.events()[2].data.at("tool_call_id"), "c1");
  EXPECT_EQ(run.events()[2].data.at("is_error"), true);
  EXPECT_EQ(run.events()[2].data.at("tool_output"), (json::value{{"error", "no"}}));
  EXPECT_EQ(run.finish().status, kCompleted);
}

TEST_F(Replay, ADeniedCallWithoutARecordedResultFailsBeforeTheFinish) {
  const auto replay = provider(R"({"t":0,"type":"tool_call_started","data":{"tool_call_id":"c1","tool_name":"bash"}}
{"t":0,"finish":{"status":"completed"}})");
  FakeRun run("x");
  run.answer = {ASMGR_VERDICT_DENY, "", "", false};
  replay->run(run);
  EXPECT_THAT(run.event_types(), ElementsAre("tool_call_started", "tool_call_failed"));
}

TEST_F(Replay, AnEditedInputIsPlayed) {
  const auto replay = provider(kTools);
  FakeRun run("x");
  run.answer = {ASMGR_VERDICT_ALLOW, "", R"({"command":"ls -l"})", false};
  replay->run(run);
  EXPECT_EQ(run.events()[0].data.at("tool_input"), (json::value{{"command", "ls -l"}}));
}

TEST_F(Replay, GradesOtherThanInterceptDoNotAsk) {
  for (const std::string grade : {"observe", "cancel", "own"}) {
    const auto replay = provider("{\"replay\":1,\"grade\":\"" + grade + "\"}\n" + kTools);
    FakeRun run("x");
    replay->run(run);
    EXPECT_TRUE(run.asked().empty()) << grade;
    EXPECT_EQ(run.events().size(), 4U) << grade;
  }
}

TEST_F(Replay, CancelEndsAWaitAtOnce) {
  const auto replay = provider(R"({"t":0,"type":"message_streamed","data":{"delta":"x"}}
{"t":3600,"finish":{"status":"completed"}})",
                               {{"speed", 1}});
  FakeRun run("x");
  replay->start(run);
  ASSERT_TRUE(run.wait_events(1));
  const auto begin = std::chrono::steady_clock::now();
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(1));
  EXPECT_EQ(run.finish().status, kCancelled);
}

TEST_F(Replay, CancelEndsAnOpenQuestion) {
  const auto replay = provider(kTools);
  FakeRun run("x");
  run.answer.silent = true;
  replay->start(run);
  ASSERT_TRUE(run.wait_asked());
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().status, kCancelled);
  EXPECT_TRUE(run.events().empty());
}

TEST_F(Replay, StopFromTheHostEndsThePlaying) {
  const auto replay = provider(kChat);
  FakeRun run("x");
  run.on_emit = [](const SeenEvent& event) -> std::uint32_t {
    return event.type == ASMGR_EV_MESSAGE_STREAMED ? ASMGR_STOP : ASMGR_GO_ON;
  };
  replay->run(run);
  EXPECT_EQ(run.events().size(), 1U);
  EXPECT_EQ(run.finish().status, kCancelled);
}

TEST_F(Replay, ADisconnectFailsMidStream) {
  const auto run = play_with({{"at", 3}, {"kind", "disconnect"}});
  EXPECT_THAT(run->event_types(), ElementsAre("run_started", "message_streamed"));
  EXPECT_EQ(run->finish().status, kFailed);
  EXPECT_EQ(run->finish().error_code(), "provider_unavailable");
}

TEST_F(Replay, AnErrorHasItsCode) {
  EXPECT_EQ(play_with({{"at", 1}, {"kind", "error"}})->finish().error_code(), "provider_error");
  const auto run = play_with({{"at", 5}, {"kind", "error"}, {"code", "provider_rate_limited"}});
  EXPECT_EQ(run->events().size(), 4U);
  EXPECT_EQ(run->finish().error_code(), "provider_rate_limited");
}

TEST_F(Replay, ADuplicateFinishComesTwice) {
  const auto run = play_with({{"at", 5}, {"kind", "duplicate_finish"}});
  ASSERT_TRUE(run->wait_finished(2));
  EXPECT_EQ(run->finishes().size(), 2U);
  EXPECT_EQ(run->finishes()[0].status, kCompleted);
  EXPECT_EQ(run->finishes()[1].result, run->finishes()[0].result);
}

TEST_F(Replay, GarbageIsEmittedAndThePlayingGoesOn) {
  const auto run = play_with({{"at", 2}, {"kind", "garbage"}});
  ASSERT_EQ(run->events().size(), 6U);
  EXPECT_TRUE(run->events()[1].data.is_null()) << "should not parse: " << run->events()[1].text;
  EXPECT_EQ(run->events()[2].type, 0U);
  EXPECT_EQ(run->finish().status, kCompleted);
}

TEST_F(Replay, AHangIsDeafToCancelButNotToTheEndOfTheInstance) {
  const auto replay = provider(std::string(kChat) + std::string(kChat).substr(std::string(kChat).find('\n') + 1),
                               {{"faults", {{{"at", 2}, {"kind", "hang"}, {"start", 1}}}}});
  FakeRun run("x");
  replay->start(run);
  ASSERT_TRUE(run.wait_events(1));
  run.cancel();
  FakeRun later("x");  // time enough for a cancel that is heard
  replay->run(later);
  EXPECT_TRUE(run.finishes().empty());
  replay->destroy();
  EXPECT_EQ(run.finishes().size(), 1U);
}

TEST_F(Replay, AFaultMayBeOfOneStartOnly) {
  const auto replay = provider(std::string(kChat) + std::string(kChat).substr(std::string(kChat).find('\n') + 1),
                               {{"faults", {{{"at", 1}, {"kind", "error"}, {"start", 1}}}}});
  FakeRun first("x");
  FakeRun second("x");
  replay->run(first);
  replay->run(second);
  EXPECT_EQ(first.finish().status, kFailed);
  EXPECT_EQ(second.finish().status, kCompleted);
}

TEST_F(Replay, DestroyingTheInstanceEndsItsRuns) {
  const auto replay = provider(R"({"t":3600,"finish":{"status":"completed"}})", {{"speed", 1}});
  FakeRun run("x");
  replay->start(run);
  replay->destroy();
  EXPECT_EQ(run.finishes().size(), 1U);
}

TEST_F(Replay, ManyStartsPlayAtOnce) {
  std::string recording;
  for (int i = 0; i < 30; ++i) recording += std::string(kChat).substr(std::string(kChat).find('\n') + 1);
  const auto replay = provider(recording);
  std::vector<std::unique_ptr<FakeRun>> runs;
  for (int i = 0; i < 30; ++i) {
    runs.push_back(std::make_unique<FakeRun>("x"));
    replay->start(*runs.back());
  }
  for (auto& run : runs) {
    ASSERT_TRUE(run->wait_finished());
    EXPECT_EQ(run->finish().status, kCompleted);
    EXPECT_EQ(run->events().size(), 4U);
  }
}

TEST_F(Replay, ALargeRecordingIsPlayedInOrder) {
  std::string recording;
  for (int i = 0; i < 20'000; ++i) {
    recording += "{\"t\":0,\"type\":\"message_streamed\",\"data\":{\"n\":" + std::to_string(i) + "}}\n";
  }
  const auto replay = provider(recording + "{\"t\":0,\"finish\":{\"status\":\"completed\"}}");
  FakeRun run("x");
  replay->run(run);
  const auto events = run.events();
  ASSERT_EQ(events.size(), 20'000U);
  for (std::size_t i = 0; i < events.size(); i += 997) EXPECT_EQ(events[i].data.at("n"), i);
}

TEST_F(Replay, ABadRecordingIsRefusedWithItsLine) {
  const std::string finish = "{\"t\":0,\"finish\":{\"status\":\"completed\"}}\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"",
       "recording.jsonl:1: the recording is empty: it needs at least a line {\"t\", \"finish\": {\"status\": "
       "\"completed\"}}"},
      {"{\"t\":0,\"type\":\"a\"}\n", "recording.jsonl:1: the recording ends without a line {\"t\", \"finish\"}"},
      {finish + "\n{\"t\":", "recording.jsonl:3: not valid JSON: incomplete JSON"},
      {"[]\n", "recording.jsonl:1: a line must be a JSON object"},
      {R"({"replay":1,"max_output_tokens":-1})" + ("\n" + finish),
       "recording.jsonl:1: 'max_output_tokens' must be an integer of at least 0"},
      {finish + "{\"replay\":1}\n", "recording.jsonl:2: the header {\"replay\": 1} must be the first line"},
      {"{\"replay\":2}\n", "recording.jsonl:1: only recordings with \"replay\": 1 can be played"},
      {"{\"replay\":1,\"grade\":\"best\"}\n",
       "recording.jsonl:1: 'grade' must be observe, cancel, intercept or own, not 'best'"},
      {"{\"replay\":1,\"capabilities\":[\"x\"]}\n",
       "recording.jsonl:1: 'capabilities' must be a list of {\"name\", \"type\"}"},
      {"{\"replay\":1,\"models\":[1]}\n", "recording.jsonl:1: 'models' must be a list of strings"},
      {"{\"t\":0}\n",
       "recording.jsonl:1: a line must have 'type' (an event), 'finish' (the end) or 'replay' (the header)"},
      {"{\"t\":-1,\"type\":\"a\"}\n", "recording.jsonl:1: 't' must be a number of seconds since the start, at least 0"},
      {"{\"t\":2,\"type\":\"a\"}\n{\"t\":1,\"type\":\"a\"}\n",
       "recording.jsonl:2: 't' must not be less than in the line before"},
      {"{\"t\":0,\"type\":7}\n", "recording.jsonl:1: 'type' must be a string"},
      {"{\"t\":0,\"type\":\"a\",\"data\":[]}\n", "recording.jsonl:1: 'data' must be an object"},
      {"{\"t\":0,\"type\":\"tool_call_started\",\"data\":{}}\n",
       "recording.jsonl:1: a tool_call_started must have a 'tool_call_id' in its data"},
      {"{\"t\":0,\"finish\":{\"status\":\"ok\"}}\n",
       "recording.jsonl:1: the finish's 'status' must be completed, failed, cancelled or tool_calls"},
      {"{\"t\":0,\"finish\":{\"status\":\"failed\",\"error\":\"x\"}}\n",
       "recording.jsonl:1: the finish's 'error' must be an object with 'code' and 'message', or null"},
  };
  for (const auto& [recording, message] : cases) EXPECT_EQ(refusal(recording), message) << recording;
}

TEST_F(Replay, AMissingFileIsNamed) {
  try {
    ProviderUnderTest replay("replay", json::object{{"file", "/no/such/file"}});
    FAIL() << "created";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "/no/such/file: cannot read the recording: No such file or directory");
  }
}

}  // namespace
}  // namespace asmgr_test
