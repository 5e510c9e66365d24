// What a pause does to the server's side of the connection.
#include <asmgr/toolkit/http.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "tests/sdk/toolkit/watched_exchange.hpp"
#include "tests/support/loopback_server.hpp"

namespace asmgr::http {
namespace {

using asmgr_test::chunk;
using asmgr_test::chunked_head;
using asmgr_test::LoopbackServer;
using asmgr_test::Peer;
using asmgr_test::ReceivedRequest;
using asmgr_test::request_to;
using asmgr_test::WatchedExchange;
using std::chrono::milliseconds;

constexpr std::size_t kTotal = std::size_t{64} << 20;
// What two sockets and curl may hold: far less than the whole.
constexpr std::size_t kMostInBuffers = std::size_t{16} << 20;

// Sends the whole as fast as it is taken, and tells when it is taken no more: then the buffers of both kernels are
// full.
class Flood {
 public:
  void operator()(Peer& peer) {
    const std::string piece(std::size_t{64} << 10, 'x');
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(kTotal) + "\r\n\r\n");
    std::size_t sent = 0;
    while (sent < kTotal) {
      const auto count = peer.send_some(std::string_view(piece).substr(0, kTotal - sent));
      if (!count) return;
      sent += *count;
      if (*count == 0 && !peer.wait_writable_for(kStandstill)) {
        note_standstill(sent);
        if (!peer.wait_writable()) return;
      }
    }
  }

  // How much was sent when it first stood still; nothing when it never did (10 s).
  [[nodiscard]] std::optional<std::size_t> wait_standstill() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return stood_at_.has_value(); });
    return stood_at_;
  }

 private:
  // A client that reads empties a full buffer much sooner.
  static constexpr milliseconds kStandstill{200};

  void note_standstill(std::size_t sent) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stood_at_) stood_at_ = sent;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::size_t> stood_at_;
};

TEST(HttpPause, APauseStopsTheReadingOfTheSocketUntilResume) {
  Flood flood;
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) { flood(peer); });
  Client client;
  WatchedExchange watched(client, request_to(server.url()), /*pause_after=*/1);
  ASSERT_TRUE(watched.wait_body(1));

  const std::size_t taken = watched.body().size();
  EXPECT_LE(taken, 16384U);
  const std::optional<std::size_t> stood_at = flood.wait_standstill();
  ASSERT_TRUE(stood_at) << "the server was never stopped";
  EXPECT_LT(*stood_at, kMostInBuffers);
  EXPECT_EQ(watched.body().size(), taken) << "bytes came although paused";

  watched.resume();
  ASSERT_TRUE(watched.wait_body(taken + 1)) << "nothing came after resume";
}

TEST(HttpPause, NothingIsLostOrDoubledByPauses) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    std::string body = chunked_head(200, "text/plain");
    for (int i = 0; i < 5000; ++i) body += chunk(std::to_string(i) + " ");
    peer.send(body + chunk(""));
  });
  Client client;
  std::mutex mutex;
  std::condition_variable changed;
  std::string body;
  bool ended = false;
  int pauses = 0;
  std::atomic<ExchangeId> id{0};
  Handlers handlers;
  handlers.on_bytes = [&](std::string_view bytes) {
    const std::lock_guard<std::mutex> lock(mutex);
    body += bytes;
    ++pauses;
    client.resume(id);  // before the pause is answered: it must not be lost
    return Flow::kPause;
  };
  handlers.on_end = [&](const Outcome& outcome) {
    const std::lock_guard<std::mutex> lock(mutex);
    EXPECT_EQ(outcome.ending, Ending::kEnded) << outcome.message;
    ended = true;
    changed.notify_all();
  };
  client.post([&] { id = client.send(request_to(server.url()), std::move(handlers)); });
  std::unique_lock<std::mutex> lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return ended; }));
  std::string expected;
  for (int i = 0; i < 5000; ++i) expected += std::to_string(i) + " ";
  EXPECT_EQ(body, expected);
  EXPECT_GT(pauses, 1);
}

TEST(HttpPause, APausedStreamHoldsNoOtherOneUp) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    peer.send(asmgr_test::answer(200, "text/plain", std::string(1 << 20, 'x')));
  });
  Client client;
  WatchedExchange paused(client, request_to(server.url()), /*pause_after=*/1);
  ASSERT_TRUE(paused.wait_body(1));
  for (int i = 0; i < 20; ++i) {
    WatchedExchange other(client, request_to(server.url()));
    ASSERT_TRUE(other.wait_ended());
    EXPECT_EQ(other.body().size(), std::size_t{1} << 20);
  }
  EXPECT_LT(paused.body().size(), std::size_t{1} << 20);
}

TEST(HttpPause, ManyStreamsAtOnceAllCome) {
  constexpr int kStreams = 300;
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    peer.send(chunked_head(200, "text/event-stream"));
    for (int i = 0; i < 20; ++i) peer.send(chunk("data: " + std::to_string(i) + "\n\n"));
    peer.send(chunk(""));
  });
  Client client;
  std::vector<std::unique_ptr<WatchedExchange>> streams;
  for (int i = 0; i < kStreams; ++i) {
    streams.push_back(std::make_unique<WatchedExchange>(client, request_to(server.url())));
  }
  for (auto& stream : streams) {
    ASSERT_TRUE(stream->wait_ended());
    EXPECT_EQ(stream->outcome().ending, Ending::kEnded) << stream->outcome().message;
    EXPECT_EQ(stream->body().size(), streams.front()->body().size());
  }
}

}  // namespace
}  // namespace asmgr::http
