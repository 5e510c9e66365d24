// A JSON-RPC 2.0 peer that talks in lines and does no I/O: what comes in is fed, what goes out is handed to a function.
//
// Link asmgr::toolkit_json_rpc. Needs Boost's headers.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace asmgr::json_rpc {

// Codes of the protocol, and one of ours.
inline constexpr std::int64_t kParseError = -32700;
inline constexpr std::int64_t kInvalidRequest = -32600;
inline constexpr std::int64_t kMethodNotFound = -32601;
inline constexpr std::int64_t kInvalidParams = -32602;
inline constexpr std::int64_t kInternalError = -32603;
inline constexpr std::int64_t kPeerEnded = -1;  // never on the wire: the other side ended before it answered

// Any code may come: some programs put an HTTP status there.
struct Error {
  std::int64_t code = kInternalError;
  std::string message;
  boost::json::value data;  // null when there is none
};

// The answer to one request of ours.
struct Answer {
  bool ok = false;
  boost::json::value result;  // when ok
  Error error;                // when not
};

// A request of theirs. Its id is an integer or a string and goes back as it came. Their ids and ours have nothing to do
// with each other.
struct Request {
  boost::json::value id;
  std::string method;
  boost::json::value params;  // null when there are none
};

struct Notification {
  std::string method;
  boost::json::value params;  // null when there are none
};

struct PeerOptions {
  // Whether our messages carry "jsonrpc":"2.0". What comes in may always leave it out.
  bool write_version = true;
  std::size_t max_open_requests = 1024;  // each way
};

// What was ignored, for one log line at the end.
struct Counts {
  std::uint64_t not_json = 0;         // lines that are no JSON, or nested too deeply
  std::uint64_t not_messages = 0;     // JSON that is neither request, notification nor answer
  std::uint64_t unknown_answers = 0;  // to an id that is not open: late, twice, or never asked
  std::uint64_t refused = 0;          // requests of theirs past the limit or with an id in use, answered with an error
};

// One side of a conversation. One thread at a time; every function may be called from inside a callback.
class Peer {
 public:
  // Gets one message without a line end.
  using Send = std::function<void(std::string_view line)>;
  using OnAnswer = std::function<void(const Answer&)>;
  struct Handlers {
    // Must lead to one respond or respond_error, at once or later. Empty: answered with kMethodNotFound.
    std::function<void(const Request&)> on_request;
    std::function<void(const Notification&)> on_notification;  // may be empty
  };

  // `send` and the handlers live as long as the peer and throw nothing.
  Peer(Send send, Handlers handlers, PeerOptions options = {});

  // Takes one line. Blank ones are passed over. Never fails: what cannot be used is counted.
  void feed(std::string_view line);

  // Asks; `on_answer` is called exactly once, unless forget comes first. Returns the id. `params` null = none. Past the
  // limit of open requests, and after end, it is answered at once with an error and nothing is sent.
  std::int64_t request(std::string_view method, boost::json::value params, OnAnswer on_answer);
  void notify(std::string_view method, boost::json::value params);

  // Answers a request of theirs, named by its id. The first answer counts; without an open request nothing is sent.
  void respond(const boost::json::value& id, boost::json::value result);
  void respond_error(const boost::json::value& id, const Error& error);

  // Waits no more for that answer; should it come, it is counted as unknown.
  void forget(std::int64_t id);

  // The other side is gone: every open request of ours is answered with kPeerEnded and `why`, theirs are dropped, and
  // nothing is sent any more.
  void end(std::string_view why);

  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] std::size_t open_requests() const noexcept { return ours_.size(); }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  void take_request(const boost::json::object& message);
  void take_answer(const boost::json::object& message);
  void send(const boost::json::object& message);
  [[nodiscard]] boost::json::object envelope() const;

  Send send_;
  Handlers handlers_;
  PeerOptions options_;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, OnAnswer> ours_;
  std::set<std::string> theirs_;  // ids as JSON text: 1 and "1" differ
  bool ended_ = false;
  std::string end_reason_;
  Counts counts_;
};

}  // namespace asmgr::json_rpc
