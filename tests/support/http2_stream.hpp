// The server's end of one HTTP/2 exchange, as far as a test of a client needs it: whatever is asked, the answer is what
// the test says, frame by frame.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/tls_server.hpp"

namespace asmgr_test {

class Http2Stream {
 public:
  explicit Http2Stream(TlsConnection& connection) : connection_(connection) {}

  // Reads up to the end of the first request. False when the client is gone.
  bool take_request() {
    constexpr std::size_t kPreface = 24;
    if (connection_.read_exactly(kPreface).substr(0, 14) != "PRI * HTTP/2.0") return false;
    send(kSettings, 0, 0, "");
    for (;;) {
      const Frame frame = next();
      if (frame.is_end) return false;
      if (frame.type == kSettings && (frame.flags & kAck) == 0) send(kSettings, kAck, 0, "");
      const bool of_request = frame.type == kHeaders || frame.type == kData;
      if (of_request) id_ = frame.stream;
      if (frame.type == kData) body_ += frame.payload;
      if (of_request && (frame.flags & kEndStream) != 0) return true;
    }
  }
  [[nodiscard]] const std::string& request_body() const { return body_; }

  bool head(const std::string& content_type) {
    // In HPACK: entry 8 of the static table is ":status 200", entry 31 the name "content-type", not to be indexed.
    std::string block = "\x88\x0f\x10";
    block += static_cast<char>(content_type.size());
    return send(kHeaders, kEndHeaders, id_, block + content_type);
  }
  bool data(std::string_view bytes) { return send(kData, 0, id_, bytes); }
  bool end() { return send(kData, kEndStream, id_, ""); }
  // "Internal error".
  bool reset() { return send(kReset, 0, id_, std::string("\0\0\0\x02", 4)); }

  // Reads until the client gives up the stream or closes the connection.
  void wait_abandoned() {
    for (;;) {
      const Frame frame = next();
      if (frame.is_end || frame.type == kReset) return;
    }
  }

 private:
  static constexpr std::uint8_t kData = 0;
  static constexpr std::uint8_t kHeaders = 1;
  static constexpr std::uint8_t kReset = 3;
  static constexpr std::uint8_t kSettings = 4;
  static constexpr std::uint8_t kAck = 1;
  static constexpr std::uint8_t kEndStream = 1;
  static constexpr std::uint8_t kEndHeaders = 4;

  struct Frame {
    bool is_end = false;  // there is none: the client is gone
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    std::string payload;
  };

  Frame next() {
    const std::string head = connection_.read_exactly(9);
    if (head.size() < 9) return Frame{true, 0, 0, 0, {}};
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(head[at]); };
    const std::size_t size = static_cast<std::size_t>(byte(0)) << 16 | static_cast<std::size_t>(byte(1)) << 8 | byte(2);
    std::uint32_t stream = 0;
    for (std::size_t at = 5; at < 9; ++at) stream = stream << 8 | byte(at);
    return Frame{false, byte(3), byte(4), stream & 0x7fffffffU, connection_.read_exactly(size)};
  }

  bool send(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
    std::string bytes;
    for (const int shift : {16, 8, 0}) bytes += static_cast<char>(payload.size() >> shift & 0xff);
    bytes += static_cast<char>(type);
    bytes += static_cast<char>(flags);
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(stream >> shift & 0xff);
    return connection_.write(bytes.append(payload));
  }

  TlsConnection& connection_;
  std::uint32_t id_ = 0;
  std::string body_;
};

}  // namespace asmgr_test
