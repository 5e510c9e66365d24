// Tool servers at a URL: what is sent, and what is answered to what they say.
#include <gmock/gmock.h>

#include "tests/core/tools/mcp_http_fixture.hpp"
#include "tests/support/recorded_answer.hpp"

namespace asmgr::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(McpHttp, BeginsASessionAndKeepsToIt) {
  ASSERT_TRUE(client().list());
  EXPECT_EQ(client().call("echo", "hello").output, "hello");
  EXPECT_THAT(fake.methods(), ElementsAre("initialize", "notifications/initialized", "tools/list", "tools/call"));
  for (const McpMessage& message : fake.messages()) {
    const bool first = message.method == "initialize";
    SCOPED_TRACE(message.method);
    EXPECT_EQ(message.http.header("mcp-session-id"), first ? "" : "session-1");
    EXPECT_EQ(message.http.header("mcp-protocol-version"), first ? "" : "2025-06-18");
    EXPECT_EQ(message.http.header("authorization"), "Bearer let-me-in");
    EXPECT_EQ(message.http.header("content-type"), "application/json");
    EXPECT_EQ(message.http.header("accept"), "application/json, text/event-stream");
  }
}

TEST_F(McpHttp, ListsNothingBeforeTheServerHasTakenTheGreeting) {
  std::atomic<bool> greeted{false};
  on("notifications/initialized", [&](Peer& peer, const McpMessage&) {
    std::this_thread::sleep_for(milliseconds(50));  // time for the next message to come too early
    EXPECT_TRUE(fake.messages("tools/list").empty());
    greeted = true;
    peer.send(asmgr_test::answer(202, "text/plain", ""));
  });
  ASSERT_TRUE(client().list());
  EXPECT_TRUE(greeted);
}

TEST_F(McpHttp, EndsItsSessionWhenItIsNotNeededAnyMore) {
  ASSERT_TRUE(client().list());
  end_client();
  // The thread that brought the list may be the last to let go of the connection.
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (fake.messages("DELETE").empty() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  ASSERT_EQ(fake.messages("DELETE").size(), 1U);
  EXPECT_EQ(fake.messages("DELETE")[0].http.header("mcp-session-id"), "session-1");
}

TEST_F(McpHttp, AStreamIsAnAnswerTooWithAllElseThatIsSaidInIt) {
  on_call([](Peer& peer, const McpMessage& call) {
    Fake::begin_stream(peer);
    peer.send(asmgr_test::chunk(": a comment\n\n"));
    Fake::send_event(peer, R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}})");
    Fake::send_event(peer, R"({"jsonrpc":"2.0","id":77,"result":{"content":[{"type":"text","text":"of others"}]}})");
    Fake::send_event(peer, "no JSON");
    Fake::send_event(peer, Fake::text_result(call, "from a stream"));
    Fake::end_stream(peer);
  });
  EXPECT_EQ(client().call("echo").output, "from a stream");
}

TEST_F(McpHttp, ABatchIsReadMessageByMessage) {
  on_call([](Peer& peer, const McpMessage& call) {
    Fake::send_json(peer, R"([7,{"jsonrpc":"2.0","method":"notifications/message"},)" +
                              Fake::text_result(call, "in a batch") + "]");
  });
  EXPECT_EQ(client().call("echo").output, "in a batch");
}

TEST_F(McpHttp, AnswersWhatTheServerAsksInTheMidstOfACall) {
  on_call([this](Peer& peer, const McpMessage& call) {
    Fake::begin_stream(peer);
    Fake::send_event(peer, R"({"jsonrpc":"2.0","id":"s1","method":"ping"})");
    Fake::send_event(peer, R"({"jsonrpc":"2.0","id":2,"method":"sampling/createMessage","params":{}})");
    EXPECT_TRUE(comes_true([&] { return fake.messages("").size() == 2; }));
    Fake::send_event(peer, Fake::text_result(call, "thanks"));
    Fake::end_stream(peer);
  });
  EXPECT_EQ(client().call("echo").output, "thanks");
  std::vector<std::string> said;
  for (const McpMessage& answer : fake.messages("")) said.push_back(answer.http.body);
  EXPECT_THAT(said, Contains(R"({"jsonrpc":"2.0","id":"s1","result":{}})"));
  EXPECT_THAT(said, Contains(AllOf(HasSubstr(R"("id":2,)"), HasSubstr("-32601"))));
}

TEST_F(McpHttp, ACallThatTakesTooLongFailsAndTheServerIsTold) {
  on_call([this](Peer&, const McpMessage&) { fake.hang(); });
  const ToolOutcome late = client().call("echo", "", milliseconds(50));
  EXPECT_THAT(text_of_outcome(late), HasSubstr("no answer within 50 ms"));
  ASSERT_TRUE(comes_true([&] { return fake.messages("notifications/cancelled").size() == 1; }));
  const auto told = fake.messages("notifications/cancelled")[0].body.at("params").as_object();
  EXPECT_EQ(boost::json::serialize(told.at("requestId")), fake.messages("tools/call")[0].id());
  EXPECT_EQ(told.at("reason"), "it took too long");
}

TEST_F(McpHttp, ACancelledCallIsAnsweredAtOnceAndTheServerIsTold) {
  on_call([this](Peer& peer, const McpMessage&) {
    Fake::begin_stream(peer);
    fake.hang();
  });
  ASSERT_TRUE(client().list());
  auto waiting = client().begin_call("echo");
  ASSERT_TRUE(comes_true([&] { return fake.messages("tools/call").size() == 1; }));
  client().server->cancel(client().last_call);
  EXPECT_TRUE(waiting.get().is_error);
  EXPECT_TRUE(comes_true([&] { return fake.messages("notifications/cancelled").size() == 1; }));
}

TEST_F(McpHttp, ACallThatIsCancelledBeforeTheServerIsThereIsNeverSent) {
  std::atomic<bool> go_on{false};
  on("initialize", [&](Peer& peer, const McpMessage& message) {
    EXPECT_TRUE(comes_true([&] { return go_on.load(); }));
    Fake::send_json(peer, Fake::result(message, R"({"protocolVersion":"2025-06-18","capabilities":{}})"),
                    "Mcp-Session-Id: session-1\r\n");
  });
  auto waiting = client().begin_call("echo");
  client().server->cancel(client().last_call);
  go_on = true;
  EXPECT_THAT(text_of_outcome(waiting.get()), HasSubstr("cancelled before it was sent"));
  EXPECT_TRUE(fake.messages("tools/call").empty());
}

TEST_F(McpHttp, CallsRunBesideOneAnother) {
  std::atomic<int> inside{0};
  on_call([&](Peer& peer, const McpMessage& call) {
    ++inside;
    EXPECT_TRUE(comes_true([&] { return inside == 2; })) << "one waits for the other";
    Fake::send_json(
        peer, Fake::text_result(call, std::string(call.body.at("params").at("arguments").at("text").as_string())));
  });
  ASSERT_TRUE(client().list());
  auto one = client().begin_call("echo", "one");
  auto two = client().begin_call("echo", "two");
  EXPECT_EQ(one.get().output, "one");
  EXPECT_EQ(two.get().output, "two");
}

TEST_F(McpHttp, AListThatChangesWhileItIsReadIsReadAgainWhole) {
  std::atomic<int> lists{0};
  fake.instead = [&](Peer& peer, const McpMessage& message) {
    if (message.method == "tools/call") {  // says twice that the list has changed
      Fake::begin_stream(peer);
      for (int i = 0; i < 2; ++i) {
        Fake::send_event(peer, R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
      }
      Fake::send_event(peer, Fake::text_result(message, ""));
      Fake::end_stream(peer);
      return true;
    }
    if (message.method != "tools/list") return false;
    ++lists;
    const bool second = message.body.contains("params");
    Fake::send_json(peer, Fake::result(message, second ? R"({"tools":[{"name":"b"}]})"
                                                       : R"({"tools":[{"name":"a"}],"nextCursor":"2"})"));
    return true;
  };
  ASSERT_TRUE(client().list());
  ASSERT_FALSE(client().call("a").is_error);
  ASSERT_TRUE(comes_true([&] { return lists == 6; }));
  const auto tools = client().list();
  ASSERT_TRUE(tools);
  EXPECT_EQ(tools->size(), 2U);
}

TEST_F(McpHttp, TheRecordedAnswerOfARealServerIsUnderstood) {
  const auto recorded = asmgr_test::read_recording(ASMGR_SOURCE_DIR "/tests/data/mcp/initialize.http");
  fake.instead = [&](Peer& peer, const McpMessage& message) {
    if (message.method == "initialize") {
      asmgr_test::play(peer, recorded, asmgr_test::Pace::kByteByByte, 1);
    } else if (message.method == "tools/list") {
      Fake::send_json(peer, Fake::result(message, R"({"tools":[]})"));
    } else {
      peer.send(asmgr_test::answer(202, "text/plain", ""));
    }
    return true;
  };
  ASSERT_TRUE(client().list());
  const McpMessage list = fake.messages("tools/list")[0];
  EXPECT_EQ(list.http.header("mcp-session-id"), "e816a8ee-63fd-4b9f-ab16-f4ee79e05474");
  EXPECT_EQ(list.http.header("mcp-protocol-version"), "2025-03-26");
}

}  // namespace
}  // namespace asmgr::testing
