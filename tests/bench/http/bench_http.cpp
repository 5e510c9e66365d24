// Streams through the HTTP client: how long a chunk takes from the server's send to the handler at 64 streams, beside a
// plain read of the same server; and whether 512 streams at once all go on. Medians of five rounds. Exits 1 when a
// stream stalls or is not complete, or when the client adds 0.3 ms or more to the middle delay (not with --smoke).
#include <algorithm>
#include <asmgr/toolkit/http.hpp>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <vector>

#include "direct_reader.hpp"
#include "paced_server.hpp"

namespace {

using namespace asmgr;
using bench::now_ns;
using bench::Pace;
using bench::PacedServer;

constexpr double kAllowedMs = 0.3;
constexpr double kStallMs = 1000;

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

int run(bool smoke) {
  setenv("no_proxy", "127.0.0.1", 1);
  using std::chrono::microseconds;
  const int rounds = smoke ? 1 : 5;
  const bool quick = measure_delay(rounds, Pace{64, smoke ? std::size_t{5} : 100, microseconds(200)});
  const bool all =
      measure_many(rounds, Pace{smoke ? std::size_t{64} : 512, smoke ? std::size_t{10} : 200, microseconds(20)});
  return all && (quick || smoke) ? 0 : 1;
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
