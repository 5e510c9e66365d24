// How exchanges of the HTTP client are ended from outside, and what runs on its thread.
#include <asmgr/toolkit/http.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
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

// How long it takes is a benchmark's to tell: bench_http.
TEST(HttpClient, CancelClosesTheConnection) {
  for (const std::string path : {"/silent", "/streams", "/paused"}) {
    std::promise<bool> closed;
    std::future<bool> seen = closed.get_future();
    LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
      if (path != "/silent") peer.send(chunked_head(200, "text/plain") + chunk("part"));
      closed.set_value(peer.wait_closed());
    });
    Client client;
    WatchedExchange watched(client, request_to(server.url() + path), path == "/paused" ? 1 : 0);
    ASSERT_TRUE(server.wait_requests(1));
    if (path != "/silent") {
      ASSERT_TRUE(watched.wait_body(4));
    }
    watched.cancel();
    ASSERT_TRUE(watched.wait_ended());
    EXPECT_EQ(watched.outcome().ending, Ending::kCancelled);
    EXPECT_TRUE(seen.get()) << path << ": the server still had its connection after 10 s";
  }
}

TEST(HttpClient, CancelOfAnUnknownExchangeDoesNothing) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { peer.send(answer(200, "text/plain", "ok")); });
  Client client;
  client.cancel(99);
  client.resume(99);
  WatchedExchange watched(client, request_to(server.url()));
  ASSERT_TRUE(watched.wait_ended());
  watched.cancel();
  WatchedExchange next(client, request_to(server.url()));
  ASSERT_TRUE(next.wait_ended());
  EXPECT_EQ(watched.ends(), 1);
}

TEST(HttpClient, TheDestructorEndsEveryExchangeOnceAndRunsWhatWasPosted) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) { peer.wait_closed(); });
  std::atomic<int> ended{0};
  std::atomic<int> ran{0};
  std::atomic<int> late{0};
  {
    Client client;
    for (int i = 0; i < 50; ++i) {
      Handlers handlers;
      handlers.on_end = [&](const Outcome& outcome) { ended += outcome.ending == Ending::kCancelled ? 1 : 100; };
      client.send(request_to(server.url()), std::move(handlers));
    }
    ASSERT_TRUE(server.wait_requests(10));
    client.post([&] { ++ran; });
    client.post_after(std::chrono::hours(1), [&] { ++late; });
  }
  EXPECT_EQ(ended, 50);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(late, 0);
}

TEST(HttpClient, AHandlerMayCancelAndSendFromWithin) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest& request) {
    if (request.line() == "POST /second HTTP/1.1") {
      peer.send(answer(200, "text/plain", "second"));
      return;
    }
    peer.send(chunked_head(200, "text/plain") + chunk("part"));
    peer.wait_closed();
  });
  Client client;
  std::atomic<ExchangeId> first{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::string second;
  Handlers handlers;
  handlers.on_bytes = [&](std::string_view) {
    client.cancel(first);
    return Flow::kGoOn;
  };
  handlers.on_end = [&](const Outcome& outcome) {
    EXPECT_EQ(outcome.ending, Ending::kCancelled);
    Handlers next;
    next.on_bytes = [&](std::string_view bytes) {
      const std::lock_guard<std::mutex> lock(mutex);
      second = bytes;
      changed.notify_all();
      return Flow::kGoOn;
    };
    client.send(request_to(server.url() + "/second"), std::move(next));
  };
  client.post([&] { first = client.send(request_to(server.url() + "/first"), std::move(handlers)); });
  std::unique_lock<std::mutex> lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return second == "second"; }));
}

TEST(HttpClient, TimersRunInTheirOrder) {
  Client client;
  std::mutex mutex;
  std::condition_variable changed;
  std::string order;
  const auto say = [&](char c) {
    return [&, c] {
      const std::lock_guard<std::mutex> lock(mutex);
      order += c;
      changed.notify_all();
    };
  };
  client.post_after(milliseconds(40), say('c'));
  client.post_after(milliseconds(20), say('b'));
  client.post(say('a'));
  std::unique_lock<std::mutex> lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return order.size() == 3; }));
  EXPECT_EQ(order, "abc");
}

}  // namespace
}  // namespace asmgr::http
