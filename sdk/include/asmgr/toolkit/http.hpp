// HTTP requests whose answers are streams: thousands at a time on one thread.
//
//   asmgr::http::Client client;
//   asmgr::http::Request request;
//   request.url = "https://example.org/v1/stream";
//   asmgr::http::Handlers handlers;
//   handlers.on_bytes = [&](std::string_view bytes) { return take(bytes) ? Flow::kGoOn : Flow::kPause; };
//   handlers.on_end = [&](const asmgr::http::Outcome& outcome) { ... };
//   const asmgr::http::ExchangeId id = client.send(std::move(request), std::move(handlers));
//
// What curl does, this does: TLS is verified (system certificates, or `ca_file`), the proxy variables of the
// environment are honoured, HTTP/2 is used over TLS where the server offers it. Redirects are not followed: a 3xx is
// an answer like any other, so that no credential goes to a place that the caller did not name.
//
// Link asmgr::toolkit_http (needs libcurl 7.87 or later).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::http {

struct Header {
  std::string name;
  std::string value;
};
using Headers = std::vector<Header>;

// The value of the first header of that name, in whatever case; null when there is none. Borrows.
[[nodiscard]] const std::string* find_header(const Headers& headers, std::string_view name) noexcept;

// Zero = no limit (curl's own 300 s for `connect`). A time that has passed ends the exchange with an error.
struct Timeouts {
  std::chrono::milliseconds connect{0};     // until the connection stands, TLS and proxy included
  std::chrono::milliseconds first_byte{0};  // from send until the first byte of the answer's body
  std::chrono::milliseconds idle{0};        // between two pieces of the body; stands still while paused
  std::chrono::milliseconds total{0};       // from send until the end, pauses included
};

struct Request {
  std::string method = "POST";
  std::string url;  // http:// or https://
  Headers headers;
  std::string body;     // sent with a content-length; for GET without one when empty
  std::string proxy;    // empty = as the environment says (http_proxy, https_proxy, all_proxy, no_proxy)
  std::string ca_file;  // PEM, instead of the system's certificates; empty = those
  Timeouts timeouts;
};

// Why an exchange ended with an error.
enum class ErrorKind {
  kNone,
  kInvalidRequest,  // the URL, a header or a file named in the request cannot be used; nothing was sent
  kResolve,         // the name of the server or of the proxy has no address
  kConnect,         // refused or unreachable
  kTls,             // no secure connection: certificate, protocol, ca_file
  kCut,             // the connection broke before the answer was complete
  kProtocol,        // what came is not HTTP
  kConnectTimeout,
  kFirstByteTimeout,
  kIdleTimeout,
  kTotalTimeout,
  kInternal,  // out of memory, or a handler threw
};

enum class Ending {
  kEnded,      // the answer is complete, whatever its status
  kCancelled,  // cancel() was called, or the client was destroyed
  kError,
};

struct Outcome {
  Ending ending = Ending::kEnded;
  ErrorKind error = ErrorKind::kNone;
  std::string message;  // of an error: a sentence with the server's name; no path, query, header or body
};

enum class Flow { kGoOn, kPause };

// Called on the client's I/O thread, one at a time for all exchanges: return soon, wait for nothing. Each may call any
// function of the client. What is empty is not called. An exception that leaves one ends its exchange (kInternal).
struct Handlers {
  // Once, when the head of the final answer (no 1xx) has come.
  std::function<void(int status, const Headers& headers)> on_head;
  // A piece of the body, transfer encoding removed; at most 16 KiB. The bytes count as taken whatever it answers:
  // kPause means that no more come until resume(), and that the socket is not read meanwhile, so that the server comes
  // to a stop by itself (up to a buffer of curl's, 16 KiB, may have been read already).
  std::function<Flow(std::string_view bytes)> on_bytes;
  // Exactly once per exchange, and last: the handlers are destroyed after it.
  std::function<void(const Outcome& outcome)> on_end;
};

using ExchangeId = std::uint64_t;  // never 0, never used twice by one client

// Each client has a thread and a set of connections of its own. Every exchange has a connection to itself, kept for
// later exchanges when its answer was read to the end: one that is paused or cancelled never holds another one up.
// All functions: any thread, none waits.
class Client {
 public:
  // Throws std::system_error or std::bad_alloc when there is no thread or descriptor to be had.
  Client();
  // Ends what is under way as cancelled, runs what was posted, drops timers, and joins the thread. Not on the I/O
  // thread.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Begins an exchange. What is wrong with the request comes by on_end too.
  ExchangeId send(Request request, Handlers handlers);

  // Closes the connection at once and ends the exchange as cancelled. Unknown ids are ignored. Until on_end other
  // handlers may still be called.
  void cancel(ExchangeId id);

  // After kPause: more bytes are welcome. Without a pause nothing happens. A call that comes while the handler that is
  // going to answer kPause still runs counts, so it is not lost.
  void resume(ExchangeId id);

  // Runs a task on the I/O thread, in the order of these calls. Also by the destructor, when it comes before.
  void post(std::function<void()> task);
  // Runs a task there once the time has passed, unless the client is destroyed first.
  void post_after(std::chrono::milliseconds delay, std::function<void()> task);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace asmgr::http
