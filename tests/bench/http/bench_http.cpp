// Streams through the HTTP client: how long a chunk takes from the server's send to the handler at 64 streams, beside a
// plain read of the same server; whether 512 streams at once all go on; and how long it takes from a cancel until the
// server sees its connection closed, beside a plain close. Medians of five rounds. Exits 1 when a stream stalls or is
// not complete, when the client adds 0.3 ms or more to the middle delay, or when a cancel takes 50 ms or more (the last
// two not with --smoke).
#include <algorithm>
#include <asmgr/toolkit/http.hpp>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "direct_reader.hpp"
#include "paced_server.hpp"
#include "tests/support/loopback_server.hpp"

namespace {

using namespace asmgr;
using bench::now_ns;
using bench::Pace;
using bench::PacedServer;

constexpr double kAllowedMs = 0.3;
constexpr double kStallMs = 1000;
constexpr double kCancelMs = 50;

struct Measured {
  std::vector<std::int64_t> delays;  // of all chunks
  double longest_gap_ms = 0;         // between two chunks of one stream
  std::size_t complete = 0;          // streams that ended in order
};

// One stream; used on the client's thread.
struct Stream {
  bench::TimeReader reader;
  std::int64_t last = 0;
};

Measured stream_through_client(std::uint16_t port, std::size_t streams) {
  Measured measured;
  std::vector<Stream> all(streams);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t ended = 0;
  http::Client client;
  for (Stream& stream : all) {
    http::Request request;
    request.url = "http://127.0.0.1:" + std::to_string(port) + "/";
    http::Handlers handlers;
    handlers.on_bytes = [&measured, &stream](std::string_view bytes) {
      stream.reader.feed(bytes, [&](std::int64_t sent) {
        const std::int64_t now = now_ns();
        measured.delays.push_back(now - sent);
        if (stream.last != 0) {
          measured.longest_gap_ms = std::max(measured.longest_gap_ms, static_cast<double>(now - stream.last) / 1e6);
        }
        stream.last = now;
      });
      return http::Flow::kGoOn;
    };
    handlers.on_end = [&](const http::Outcome& outcome) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (outcome.ending == http::Ending::kEnded) ++measured.complete;
      ++ended;
      changed.notify_all();
    };
    client.send(std::move(request), std::move(handlers));
  }
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return ended == streams; });
  return measured;
}

double percentile_ms(std::vector<std::int64_t> delays, double part) {
  if (delays.empty()) return 0;
  std::sort(delays.begin(), delays.end());
  const auto at = static_cast<std::size_t>(part * static_cast<double>(delays.size() - 1));
  return static_cast<double>(delays[at]) / 1e6;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool measure_delay(int rounds, const Pace& pace) {
  std::vector<double> direct;
  std::vector<double> client;
  std::vector<double> client_tail;
  for (int round = 0; round < rounds; ++round) {
    {
      const PacedServer server(pace);
      direct.push_back(percentile_ms(bench::read_directly(server.port(), pace.streams), 0.5));
    }
    const PacedServer server(pace);
    const Measured measured = stream_through_client(server.port(), pace.streams);
    client.push_back(percentile_ms(measured.delays, 0.5));
    client_tail.push_back(percentile_ms(measured.delays, 0.99));
  }
  const double added = median(client) - median(direct);
  std::printf(
      "%zu streams, a chunk every %lld us: p50 %.3f ms (p99 %.3f ms), read directly p50 %.3f ms, added %.3f ms\n",
      pace.streams, static_cast<long long>(pace.per_chunk.count()), median(client), median(client_tail), median(direct),
      added);
  return added < kAllowedMs;
}

bool measure_many(int rounds, const Pace& pace) {
  std::vector<double> gaps;
  std::vector<double> middle;
  bool all_complete = true;
  for (int round = 0; round < rounds; ++round) {
    const PacedServer server(pace);
    const Measured measured = stream_through_client(server.port(), pace.streams);
    all_complete = all_complete && measured.complete == pace.streams &&
                   measured.delays.size() == pace.streams * pace.chunks && measured.longest_gap_ms < kStallMs;
    gaps.push_back(measured.longest_gap_ms);
    middle.push_back(percentile_ms(measured.delays, 0.5));
  }
  const double even_ms = static_cast<double>(pace.streams) * static_cast<double>(pace.per_chunk.count()) / 1000;
  std::printf("%zu streams of %zu chunks, one to each every %.1f ms: longest gap %.1f ms, p50 %.3f ms, %s\n",
              pace.streams, pace.chunks, even_ms, median(gaps), median(middle),
              all_complete ? "all complete" : "SOME STALLED OR BROKE");
  return all_complete;
}

// From what `close` tells to what the server sees.
std::vector<std::int64_t> times_to_close(int times, const std::function<std::int64_t(std::uint16_t)>& close) {
  std::vector<std::int64_t> delays;
  for (int i = 0; i < times; ++i) {
    std::promise<std::int64_t> seen;
    asmgr_test::LoopbackServer server([&](asmgr_test::Peer& peer, const asmgr_test::ReceivedRequest&) {
      peer.send(asmgr_test::chunked_head(200, "text/event-stream") + asmgr_test::chunk("!"));
      seen.set_value(peer.wait_closed() ? now_ns() : INT64_MAX);
    });
    const std::int64_t closed_at = close(server.port());
    delays.push_back(seen.get_future().get() - closed_at);
  }
  return delays;
}

// Asks once, and cancels when the answer has begun.
std::int64_t close_by_cancel(http::Client& client, std::uint16_t port) {
  std::promise<void> begun;
  http::Request request;
  request.url = "http://127.0.0.1:" + std::to_string(port) + "/";
  http::Handlers handlers;
  handlers.on_bytes = [&begun](std::string_view) {
    begun.set_value();
    return http::Flow::kGoOn;
  };
  const http::ExchangeId id = client.send(std::move(request), std::move(handlers));
  begun.get_future().get();
  const std::int64_t cancelled_at = now_ns();
  client.cancel(id);
  return cancelled_at;
}

bool measure_cancel(int rounds, int times) {
  std::vector<double> direct;
  std::vector<double> client_middle;
  std::vector<double> client_worst;
  for (int round = 0; round < rounds; ++round) {
    direct.push_back(percentile_ms(times_to_close(times, &bench::close_directly), 0.5));
    http::Client client;
    const auto delays = times_to_close(times, [&](std::uint16_t port) { return close_by_cancel(client, port); });
    client_middle.push_back(percentile_ms(delays, 0.5));
    client_worst.push_back(percentile_ms(delays, 1));
  }
  std::printf("%d cancels until the server sees it: p50 %.3f ms, longest %.3f ms, a plain close p50 %.3f ms\n", times,
              median(client_middle), median(client_worst), median(direct));
  return median(client_worst) < kCancelMs;
}

int run(bool smoke) {
  setenv("no_proxy", "127.0.0.1", 1);
  using std::chrono::microseconds;
  const int rounds = smoke ? 1 : 5;
  const bool quick = measure_delay(rounds, Pace{64, smoke ? std::size_t{5} : 100, microseconds(200)});
  const bool all =
      measure_many(rounds, Pace{smoke ? std::size_t{64} : 512, smoke ? std::size_t{10} : 200, microseconds(20)});
  const bool closes = measure_cancel(rounds, smoke ? 5 : 100);
  return all && ((quick && closes) || smoke) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 && std::strcmp(argv[1], "--smoke") == 0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_http: %s\n", error.what());
    return 1;
  }
}
