// A live connection to an MCP server, whatever carries it. Protocol: modelcontextprotocol.io, revision 2025-11-25.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

// What a server may say without being asked; called on a thread of the connection's.
struct McpEvents {
  std::function<void(std::string_view method)> on_notification;
  // Once, when no more answers will come; `why` is a sentence with the server's last words.
  std::function<void(const std::string& why)> on_lost;
};

// A detail of an error: true when the server is known not to have looked at the request, so that it may be sent again.
inline constexpr std::string_view kNotRun = "not_run";

// Every function: any thread, none waits. The destructor ends the connection, waits for its threads, and answers what
// is open; it must not run on one of those threads.
class McpConnection {
 public:
  using OnAnswer = std::function<void(Result<boost::json::value>)>;

  virtual ~McpConnection() = default;
  // `on_answer` is called exactly once, on a thread of the connection's or on this one. Errors: tool-side ones as the
  // server words them; timeout; provider_unavailable when the connection is lost. Returns a number for cancel.
  virtual std::uint64_t request(std::string method, boost::json::object params, std::chrono::milliseconds timeout,
                                OnAnswer on_answer) = 0;
  virtual void notify(std::string method, boost::json::object params) = 0;
  // Nobody waits for that answer any more; the server is told.
  virtual void cancel(std::uint64_t request) = 0;
};

// How a server is reached, as the configuration has it: by a program, else by a URL.
struct McpAddress {
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> env;  // over what programs commonly need
  std::string cwd;                                       // empty = that of this process
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace asmgr
