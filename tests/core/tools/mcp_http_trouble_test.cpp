// Tool servers at a URL: forgotten sessions, refusals, answers that break off or do not end.
#include <gmock/gmock.h>

#include "tests/core/tools/mcp_http_fixture.hpp"

namespace asmgr::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(McpHttp, BeginsANewSessionWhereTheServerHasForgottenItAndSendsTheCallAgain) {
  ASSERT_TRUE(client().list());
  fake.forget_sessions();
  EXPECT_EQ(client().call("echo", "once more").output, "once more");
  EXPECT_EQ(*client().begun, 2);
  EXPECT_EQ(fake.messages("initialize").size(), 2U);
  EXPECT_EQ(fake.messages("initialize")[1].http.header("mcp-session-id"), "");
  EXPECT_TRUE(fake.messages("DELETE").empty()) << "of a session that the server does not know";
}

TEST_F(McpHttp, TwoCallsOfAForgottenSessionShareTheNewOne) {
  ASSERT_TRUE(client().list());
  fake.forget_sessions();
  auto one = client().begin_call("echo", "one");
  auto two = client().begin_call("echo", "two");
  EXPECT_EQ(one.get().output, "one");
  EXPECT_EQ(two.get().output, "two");
  EXPECT_EQ(fake.messages("initialize").size(), 2U);
}

TEST_F(McpHttp, IsBegunAgainOnlyOnceForACall) {
  on_call([](Peer& peer, const McpMessage&) { peer.send(asmgr_test::answer(404, "text/plain", "gone")); });
  const ToolOutcome outcome = client().call("echo");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_THAT(text_of_outcome(outcome), HasSubstr("does not know this session any more"));
  EXPECT_EQ(fake.messages("tools/call").size(), 2U);
}

TEST_F(McpHttp, SaysWithWhichStatusItWasRefusedAndWhatToDo) {
  struct Case {
    int status;
    std::string type, body, headers, expected;
  };
  for (const Case& refused : std::vector<Case>{
           {401, "application/json", R"({"error":"invalid_token"})", "", "401 (invalid_token); check the headers"},
           {403, "text/plain", "not you", "", "403 (not you); check the headers"},
           {405, "text/html", "<html>", "", "405; check its url"},
           {307, "text/plain", "", "location: https://elsewhere.example/mcp\r\n",
            "307; it sends us on to https://elsewhere.example/mcp, which is not followed"},
           {400, "application/json", R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request"}})",
            "", "400 (Bad Request)"},
           {503, "text/plain", "", "", "503; try again later"}}) {
    on("initialize", [&](Peer& peer, const McpMessage&) {
      peer.send(asmgr_test::answer(refused.status, refused.type, refused.body, refused.headers));
    });
    const auto tools = client().list();
    ASSERT_FALSE(tools);
    EXPECT_THAT(tools.error().message(),
                AllOf(HasSubstr("tool server 'fake' (mcp.fake): "), HasSubstr("status " + refused.expected)));
    EXPECT_THAT(tools.error().message(), Not(HasSubstr("let-me-in")));
  }
}

TEST_F(McpHttp, NoServerAtAllIsSaidWithItsAddress) {
  std::string url;
  { url = Fake().url(); }
  const auto tools = BegunServer(connect_to(url)).list();
  ASSERT_FALSE(tools);
  EXPECT_THAT(tools.error().message(), AllOf(HasSubstr("mcp.fake"), HasSubstr("127.0.0.1")));
}

TEST_F(McpHttp, APageThatIsNoAnswerIsSaidToBeNone) {
  on("initialize",
     [](Peer& peer, const McpMessage&) { peer.send(asmgr_test::answer(200, "text/html", "<html>welcome</html>")); });
  const auto tools = client().list();
  ASSERT_FALSE(tools);
  EXPECT_THAT(tools.error().message(), AllOf(HasSubstr("'text/html'"), HasSubstr("check that its url")));
}

TEST_F(McpHttp, AnErrorOfTheServersIsTheResultOfTheCall) {
  on_call([](Peer& peer, const McpMessage& call) {
    Fake::send_json(peer, R"({"jsonrpc":"2.0","id":)" + call.id() + R"(,"error":{"code":-32602,"message":"no such"}})");
  });
  const ToolOutcome outcome = client().call("echo");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_THAT(text_of_outcome(outcome), HasSubstr("no such"));
}

TEST_F(McpHttp, ACallWhoseStreamBreaksOffFailsAndIsNotSentAgain) {
  on_call([](Peer& peer, const McpMessage&) {
    Fake::begin_stream(peer);
    Fake::send_event(peer, R"({"jsonrpc":"2.0","method":"notifications/progress"})");
    peer.close_after();
  });
  const ToolOutcome broken = client().call("echo");
  EXPECT_TRUE(broken.is_error);
  on_call([](Peer& peer, const McpMessage&) {
    Fake::begin_stream(peer);
    Fake::end_stream(peer);
  });
  EXPECT_THAT(text_of_outcome(client().call("echo")), HasSubstr("ended without a result"));
  EXPECT_EQ(fake.messages("tools/call").size(), 2U);
}

TEST_F(McpHttp, AStreamWhoseEventsAreNumberedIsTakenUpWhereItBroke) {
  std::string call_id;
  fake.instead = [&](Peer& peer, const McpMessage& message) {
    if (message.method == "tools/call") {
      call_id = message.id();
      Fake::begin_stream(peer);
      peer.send(asmgr_test::chunk("id: e1\nretry: 1\ndata:\n\n"));
      peer.close_after();
      return true;
    }
    if (message.method != "GET") return false;
    Fake::begin_stream(peer);
    Fake::send_event(peer, R"({"jsonrpc":"2.0","id":)" + call_id + R"(,"result":{"content":[]}})", "e2");
    Fake::end_stream(peer);
    return true;
  };
  const ToolOutcome outcome = client().call("echo");
  EXPECT_FALSE(outcome.is_error) << text_of_outcome(outcome);
  ASSERT_EQ(fake.messages("GET").size(), 1U);
  const McpMessage again = fake.messages("GET")[0];
  EXPECT_EQ(again.http.header("last-event-id"), "e1");
  EXPECT_EQ(again.http.header("mcp-session-id"), "session-1");
  EXPECT_EQ(again.http.header("accept"), "text/event-stream");
}

TEST_F(McpHttp, AStreamThatBreaksWithoutNewsIsGivenUpInTheEnd) {
  fake.instead = [&](Peer& peer, const McpMessage& message) {
    if (message.method != "tools/call" && message.method != "GET") return false;
    Fake::begin_stream(peer);
    if (message.method == "tools/call") peer.send(asmgr_test::chunk("id: e1\nretry: 1\ndata:\n\n"));
    Fake::end_stream(peer);
    return true;
  };
  EXPECT_THAT(text_of_outcome(client().call("echo")), HasSubstr("ended without a result"));
  EXPECT_EQ(fake.messages("GET").size(), 3U);
}

TEST_F(McpHttp, ACallThatRanInASessionThatIsGoneSinceIsNotSentAgain) {
  fake.instead = [&](Peer& peer, const McpMessage& message) {
    if (message.method == "GET") fake.forget_sessions();
    if (message.method != "tools/call") return false;
    Fake::begin_stream(peer);
    peer.send(asmgr_test::chunk("id: e1\nretry: 1\ndata:\n\n"));
    Fake::end_stream(peer);
    return true;
  };
  EXPECT_THAT(text_of_outcome(client().call("echo")), HasSubstr("does not know this session any more"));
  EXPECT_EQ(fake.messages("tools/call").size(), 1U);
}

TEST_F(McpHttp, AnAnswerThatIsTooLongFailsTheCallAndNothingElse) {
  on_call([](Peer& peer, const McpMessage&) {
    Fake::begin_stream(peer);
    const std::string piece(1 << 20, 'x');
    peer.send(asmgr_test::chunk("data: "));
    for (int i = 0; i < 40 && peer.send(asmgr_test::chunk(piece)); ++i) {
    }
    peer.close_after();
  });
  EXPECT_THAT(text_of_outcome(client().call("echo")), HasSubstr("is longer than"));
  on_call([](Peer& peer, const McpMessage&) {
    peer.send(asmgr_test::chunked_head(200, "application/json"));
    const std::string piece(1 << 20, ' ');
    for (int i = 0; i < 80 && peer.send(asmgr_test::chunk(piece)); ++i) {
    }
    peer.close_after();
  });
  EXPECT_THAT(text_of_outcome(client().call("echo")), HasSubstr("is longer than"));
  fake.instead = nullptr;
  EXPECT_EQ(client().call("echo", "still there").output, "still there");
}

TEST_F(McpHttp, AListWithoutEndIsRefused) {
  on("tools/list", [](Peer& peer, const McpMessage& message) {
    Fake::send_json(peer, Fake::result(message, R"({"tools":[],"nextCursor":"again"})"));
  });
  const auto tools = client().list();
  ASSERT_FALSE(tools);
  EXPECT_THAT(tools.error().message(), HasSubstr("does not end"));
}

}  // namespace
}  // namespace asmgr::testing
