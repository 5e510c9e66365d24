// The HTTP client against a server that behaves as each test says.
#include <asmgr/toolkit/http.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "tests/sdk/toolkit/watched_exchange.hpp"
#include "tests/support/loopback_server.hpp"

namespace asmgr::http {
namespace {

using asmgr_test::answer;
using asmgr_test::chunk;
using asmgr_test::chunked_head;
using asmgr_test::LoopbackServer;
using asmgr_test::Peer;
using asmgr_test::ReceivedRequest;
using asmgr_test::request_to;
using asmgr_test::WatchedExchange;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using SteadyClock = std::chrono::steady_clock;

TEST(HttpClient, AnAnswerComesWithItsStatusHeadersAndBody) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    peer.send(answer(201, "text/plain", "hello", "x-request-id: r1\r\n"));
  });
  Client client;
  Request request = request_to(server.url() + "/path?q=1", "the body");
  request.headers = {{"x-key", "value"}, {"content-type", "application/json"}, {"x-empty", ""}};
  WatchedExchange watched(client, std::move(request));

  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().ending, Ending::kEnded) << watched.outcome().message;
  EXPECT_EQ(watched.status(), 201);
  EXPECT_EQ(watched.body(), "hello");
  ASSERT_NE(find_header(watched.headers(), "X-Request-ID"), nullptr);
  EXPECT_EQ(*find_header(watched.headers(), "X-Request-ID"), "r1");
  const ReceivedRequest received = server.requests().at(0);
  EXPECT_EQ(received.line(), "POST /path?q=1 HTTP/1.1");
  EXPECT_EQ(received.header("x-key"), "value");
  EXPECT_EQ(received.header("content-type"), "application/json");
  EXPECT_THAT(received.head, HasSubstr("x-empty:"));
  EXPECT_EQ(received.body, "the body");
}

TEST(HttpClient, GetHasNoBody) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { peer.send(answer(200, "text/plain", "")); });
  Client client;
  Request request = request_to(server.url(), "");
  request.method = "GET";
  WatchedExchange watched(client, std::move(request));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(server.requests().at(0).line(), "GET / HTTP/1.1");
  EXPECT_EQ(server.requests().at(0).header("content-length"), "");
}

TEST(HttpClient, ALargeBodyIsSentWithoutWaitingForLeave) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { peer.send(answer(200, "text/plain", "ok")); });
  Client client;
  WatchedExchange watched(client, request_to(server.url(), std::string(3'000'000, 'x')));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(server.requests().at(0).body.size(), 3'000'000U);
  EXPECT_EQ(server.requests().at(0).header("expect"), "");
}

TEST(HttpClient, PiecesComeAsTheyAreSent) {
  std::promise<void> first_seen;
  std::future<void> go_on = first_seen.get_future();
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    peer.send(chunked_head(200, "text/event-stream") + chunk("one"));
    go_on.wait_for(std::chrono::seconds(10));
    peer.send(chunk("two") + chunk(""));
  });
  Client client;
  WatchedExchange watched(client, request_to(server.url()));
  ASSERT_TRUE(watched.wait_body(3));
  EXPECT_EQ(watched.body(), "one");
  first_seen.set_value();
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.body(), "onetwo");
}

TEST(HttpClient, AConnectionIsUsedAgain) {
  LoopbackServer server(
      [](Peer& peer, const ReceivedRequest&) { peer.send(chunked_head(200, "text/plain") + chunk("x") + chunk("")); });
  Client client;
  for (int i = 0; i < 3; ++i) {
    WatchedExchange watched(client, request_to(server.url()));
    ASSERT_TRUE(watched.wait_ended());
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, InformationalAnswersAreNoHead) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    peer.send("HTTP/1.1 103 Early Hints\r\nx-early: 1\r\n\r\n" + answer(200, "text/plain", "ok"));
  });
  Client client;
  WatchedExchange watched(client, request_to(server.url()));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.status(), 200);
  EXPECT_EQ(watched.heads(), 1);
  EXPECT_EQ(find_header(watched.headers(), "x-early"), nullptr);
}

TEST(HttpClient, ARedirectIsAnAnswerAndNotFollowed) {
  LoopbackServer server(
      [](Peer& peer, const ReceivedRequest&) { peer.send(answer(307, "text/plain", "", "location: /elsewhere\r\n")); });
  Client client;
  WatchedExchange watched(client, request_to(server.url()));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().ending, Ending::kEnded);
  EXPECT_EQ(watched.status(), 307);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(HttpClient, AProxyIsAskedForThePlace) {
  LoopbackServer proxy([](Peer& peer, const ReceivedRequest&) { peer.send(answer(200, "text/plain", "by proxy")); });
  Client client;
  Request request = request_to("http://nowhere.invalid/x");
  request.proxy = proxy.url();
  WatchedExchange watched(client, std::move(request));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.body(), "by proxy");
  EXPECT_EQ(proxy.requests().at(0).line(), "POST http://nowhere.invalid/x HTTP/1.1");
}

// ---- errors

TEST(HttpClient, ARefusedConnectionIsSaidWithTheServerAndWithoutThePath) {
  std::string url;
  {
    const LoopbackServer gone([](Peer&, const ReceivedRequest&) {});
    url = gone.url();
  }
  Client client;
  WatchedExchange watched(client, request_to(url + "/secret-path"));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kConnect);
  EXPECT_THAT(watched.outcome().message, HasSubstr("cannot connect to " + url));
  EXPECT_THAT(watched.outcome().message, Not(HasSubstr("secret-path")));
}

TEST(HttpClient, ANameWithoutAnAddressIsSaid) {
  Client client;
  WatchedExchange watched(client, request_to("http://nowhere.invalid/"));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kResolve) << watched.outcome().message;
}

TEST(HttpClient, WhatCannotBeSentIsRefusedBeforeAnythingIsSent) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { peer.send(answer(200, "text/plain", "")); });
  Client client;
  for (const char* url : {"", "ftp://127.0.0.1/", "file:///etc/passwd", "http://[::bad/"}) {
    WatchedExchange watched(client, request_to(url));
    ASSERT_TRUE(watched.wait_ended());
    EXPECT_EQ(watched.outcome().error, ErrorKind::kInvalidRequest) << url << ": " << watched.outcome().message;
  }
  for (const Header& header : {Header{"x-a", "1\r\nx-b: 2"}, Header{"x a", "1"}, Header{"", "1"}, Header{"x:", "1"}}) {
    Request request = request_to(server.url());
    request.headers = {header};
    WatchedExchange watched(client, std::move(request));
    ASSERT_TRUE(watched.wait_ended());
    EXPECT_EQ(watched.outcome().error, ErrorKind::kInvalidRequest);
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(HttpClient, AnAnswerThatBreaksOffIsCut) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest& request) {
    if (request.line() == "POST /length HTTP/1.1") {
      peer.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart");
    } else if (request.line() == "POST /chunks HTTP/1.1") {
      peer.send(chunked_head(200, "text/plain") + chunk("part"));
    } else if (request.line() == "POST /head HTTP/1.1") {
      peer.send("HTTP/1.1 200 OK\r\ncontent-");
    }
    peer.close_after();
  });
  Client client;
  for (const char* path : {"/length", "/chunks", "/head", "/nothing"}) {
    WatchedExchange watched(client, request_to(server.url() + path));
    ASSERT_TRUE(watched.wait_ended());
    EXPECT_EQ(watched.outcome().error, ErrorKind::kCut) << path << ": " << watched.outcome().message;
  }
}

TEST(HttpClient, WhatIsNotHttpIsSaid) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    peer.send("SSH-2.0-OpenSSH_9.2\r\n");
    peer.close_after();
  });
  Client client;
  WatchedExchange watched(client, request_to(server.url()));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kProtocol) << watched.outcome().message;
}

TEST(HttpClient, AHeadWithoutEndIsRefused) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    if (!peer.send("HTTP/1.1 200 OK\r\n")) return;
    while (peer.send("x-more: " + std::string(1000, 'x') + "\r\n")) continue;
    peer.close_after();
  });
  Client client;
  WatchedExchange watched(client, request_to(server.url()));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kProtocol) << watched.outcome().message;
  EXPECT_EQ(watched.heads(), 0);
}

TEST(HttpClient, AServerWithoutTlsIsNoSecureConnection) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { peer.close_after(); });
  Client client;
  Request request = request_to("https://127.0.0.1:" + std::to_string(server.port()));
  request.timeouts.connect = milliseconds(300);
  WatchedExchange watched(client, std::move(request));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().ending, Ending::kError);
  EXPECT_TRUE(server.requests().empty());
}

TEST(HttpClient, AHandlerThatThrowsEndsItsExchangeOnly) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { peer.send(answer(200, "text/plain", "ok")); });
  Client client;
  std::promise<void> ended;
  Handlers handlers;
  handlers.on_bytes = [](std::string_view) -> Flow { throw std::runtime_error("no more"); };
  handlers.on_end = [&](const Outcome& outcome) {
    EXPECT_EQ(outcome.error, ErrorKind::kInternal);
    EXPECT_THAT(outcome.message, HasSubstr("no more"));
    ended.set_value();  // throws when it is called twice
    throw std::runtime_error("nor here");
  };
  client.send(request_to(server.url()), std::move(handlers));
  WatchedExchange watched(client, request_to(server.url()));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.body(), "ok");
  EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

// ---- times

TEST(HttpClient, EachTimeEndsTheExchangeWithItsOwnError) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest& request) {
    if (request.line() != "POST /silent HTTP/1.1") peer.send(chunked_head(200, "text/plain") + chunk("part"));
    peer.wait_closed();
  });
  Client client;
  struct Case {
    const char* path;
    Timeouts timeouts;
    ErrorKind expected;
  };
  const Case cases[] = {
      {"/silent", {milliseconds(0), milliseconds(60), milliseconds(0), milliseconds(0)}, ErrorKind::kFirstByteTimeout},
      {"/silent", {milliseconds(0), milliseconds(0), milliseconds(5), milliseconds(60)}, ErrorKind::kTotalTimeout},
      {"/stops", {milliseconds(0), milliseconds(9000), milliseconds(60), milliseconds(0)}, ErrorKind::kIdleTimeout},
      {"/stops", {milliseconds(0), milliseconds(9000), milliseconds(9000), milliseconds(60)}, ErrorKind::kTotalTimeout},
  };
  for (const Case& one : cases) {
    Request request = request_to(server.url() + one.path);
    request.timeouts = one.timeouts;
    const auto began = SteadyClock::now();
    WatchedExchange watched(client, std::move(request));
    ASSERT_TRUE(watched.wait_ended());
    EXPECT_EQ(watched.outcome().error, one.expected) << one.path << ": " << watched.outcome().message;
    EXPECT_THAT(watched.outcome().message, HasSubstr("60 ms"));
    EXPECT_GE(SteadyClock::now() - began, milliseconds(60));
    EXPECT_LT(SteadyClock::now() - began, milliseconds(2000));
  }
}

TEST(HttpClient, TheIdleTimeStandsStillWhilePaused) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    peer.send(chunked_head(200, "text/plain") + chunk("part"));
    peer.wait_closed();
  });
  Client client;
  Request request = request_to(server.url());
  request.timeouts.idle = milliseconds(50);
  WatchedExchange watched(client, std::move(request), /*pause_after=*/1);
  ASSERT_TRUE(watched.wait_body(4));
  // What is to be seen is that nothing happens in this time.
  EXPECT_FALSE(watched.wait_ended(milliseconds(200)));
  watched.resume();
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kIdleTimeout);
}

}  // namespace
}  // namespace asmgr::http
