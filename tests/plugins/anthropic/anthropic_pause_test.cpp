// What the host's answers to events (PAUSE, STOP) do to the stream of the anthropic provider.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "tests/plugins/anthropic/anthropic_client.hpp"

namespace asmgr_test {
namespace {

using std::chrono::milliseconds;

TEST(AnthropicPause, StopsTheServerUntilResumeAndLosesNothing) {
  constexpr std::size_t kDeltas = 400;
  const std::string comment = ":" + std::string(std::size_t{64} << 10, 'x') + "\n";
  std::promise<std::size_t> stood_at;
  std::future<std::size_t> standstill = stood_at.get_future();
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    const std::string stream = text_stream("x");
    const std::size_t delta = stream.find("data: {\"type\":\"content_block_delta\"");
    const std::size_t stop = stream.find("data: {\"type\":\"content_block_stop\"");
    peer.send(chunked_head(200, "text/event-stream") + chunk(stream.substr(0, delta)));
    bool stood = false;
    for (std::size_t i = 0; i < kDeltas; ++i) {
      // A client that reads empties a full buffer much sooner.
      if (!stood && !peer.wait_writable_for(milliseconds(200))) {
        stood = true;
        stood_at.set_value(i);
      }
      if (!peer.send(chunk(comment + stream.substr(delta, stop - delta)))) return;
    }
    if (!stood) stood_at.set_value(kDeltas);
    peer.send(chunk(stream.substr(stop)) + chunk(""));
  });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  std::atomic<bool> pausing{true};
  std::atomic<int> after_pause{0};
  run.on_emit = [&](const SeenEvent& event) -> std::uint32_t {
    if (event.type != ASMGR_EV_MESSAGE_STREAMED) return ASMGR_GO_ON;
    if (pausing) ++after_pause;
    return pausing ? ASMGR_PAUSE : ASMGR_GO_ON;
  };
  provider.start(run);
  ASSERT_TRUE(run.wait_events(3));
  ASSERT_EQ(standstill.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_LT(standstill.get(), kDeltas) << "the server was never stopped";
  EXPECT_EQ(after_pause, 1) << "events came although paused";

  pausing = false;
  provider.resume(run.start());
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(run.finish().output().at("content").as_string().size(), kDeltas);
}

TEST(AnthropicPause, AResumeFromWithinTheEmitIsNotLost) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    peer.send(chunked_head(200, "text/event-stream"));
    for (const char c : text_stream("hello there")) peer.send(chunk(std::string(1, c)));
    peer.send(chunk(""));
  });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  run.on_emit = [&](const SeenEvent&) -> std::uint32_t {
    provider.resume(run.start());
    return ASMGR_PAUSE;
  };
  provider.run(run);
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(run.finish().output().at("content"), "hello there");
}

TEST(AnthropicPause, StopEndsTheRunAsCancelled) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { send_stream(peer, text_stream("hi")); });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  run.on_emit = [](const SeenEvent&) -> std::uint32_t { return ASMGR_STOP; };
  provider.run(run);
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
}

}  // namespace
}  // namespace asmgr_test
