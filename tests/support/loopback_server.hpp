// An HTTP server on a port of 127.0.0.1 that the system chooses, which answers as a test says: byte by byte, cut, late,
// never. A thread per connection.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace asmgr_test {

struct ReceivedRequest {
  std::string head;  // request line and headers, with the line breaks that came
  std::string body;

  [[nodiscard]] std::string line() const { return head.substr(0, head.find('\r')); }
  // Of the first header of that name, in whatever case; empty when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
};

// What a script does to the client. Used by one thread.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}

  // Waits until the kernel has taken all. False when the client is gone.
  bool send(std::string_view bytes);
  // Sends what the kernel takes at once; how much that was. Empty when the client is gone.
  std::optional<std::size_t> send_some(std::string_view bytes);
  // Waits (10 s) until the client has closed the connection, or sent something more (false).
  bool wait_closed();
  // Waits (10 s, or as long as is said) until a send would not wait; false when it still would.
  bool wait_writable();
  bool wait_writable_for(std::chrono::milliseconds patience);
  // As a proxy after a CONNECT: hands bytes on between the client and a port of 127.0.0.1 until one of them ends.
  void tunnel_to(std::uint16_t port);
  // Ends the connection after the script, instead of waiting for a further request.
  void close_after() { keep_ = false; }
  // The same with a reset, so that the client sees an error.
  void reset_after();

  [[nodiscard]] bool keeps() const { return keep_; }

 private:
  int fd_;
  bool keep_ = true;
};

// The bytes of an answer in one piece, with a content-length.
[[nodiscard]] std::string answer(int status, std::string_view content_type, std::string_view body,
                                 std::string_view more_headers = {});
// The head of an answer that comes in chunks, and one chunk. An empty chunk is the end.
[[nodiscard]] std::string chunked_head(int status, std::string_view content_type, std::string_view more_headers = {});
[[nodiscard]] std::string chunk(std::string_view bytes);

class LoopbackServer {
 public:
  // On the connection's own thread, once per request. A script that waits has to look at stopping().
  using Script = std::function<void(Peer&, const ReceivedRequest&)>;

  explicit LoopbackServer(Script script);
  // Closes all connections and joins.
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<ReceivedRequest> requests();
  [[nodiscard]] std::size_t connections();
  // At most 10 s.
  [[nodiscard]] bool wait_requests(std::size_t count);
  // Holds the calling script until the server is destroyed.
  void hang();

 private:
  void accept_all();
  void serve(int fd);
  bool receive(int fd, std::string& buffer, ReceivedRequest& request);

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::vector<ReceivedRequest> requests_;
  std::vector<int> open_;
  std::size_t accepted_ = 0;
  std::list<std::thread> threads_;
  std::thread accepting_;
};

}  // namespace asmgr_test
