// A server on 127.0.0.1 that streams the time of day to many clients at a steady pace, from one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace asmgr::bench {

struct Pace {
  std::size_t streams;                  // how many requests to wait for before the first chunk
  std::size_t chunks;                   // to each of them
  std::chrono::microseconds per_chunk;  // between two chunks, whichever stream they are for
};

// Nanoseconds of the clock that the chunks carry.
[[nodiscard]] std::int64_t now_ns();

// Takes the times out of a stream's bytes as they come: "data: NANOSECONDS\n\n".
class TimeReader {
 public:
  template <typename OnTime>
  void feed(std::string_view bytes, const OnTime& on_time) {
    constexpr std::string_view kMark = "data: ";
    pending_.append(bytes);
    std::size_t done = 0;
    for (;;) {
      const std::size_t at = pending_.find(kMark, done);
      const std::size_t end = at == std::string::npos ? at : pending_.find('\n', at);
      if (end == std::string::npos) break;
      on_time(std::stoll(pending_.substr(at + kMark.size(), end - at - kMark.size())));
      done = end;
    }
    pending_.erase(0, done);
  }

 private:
  std::string pending_;
};

class PacedServer {
 public:
  explicit PacedServer(Pace pace);
  ~PacedServer();
  PacedServer(const PacedServer&) = delete;
  PacedServer& operator=(const PacedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve();
  void accept_all();
  void send_all();

  const Pace pace_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<int> clients_;
  std::thread thread_;
};

}  // namespace asmgr::bench
