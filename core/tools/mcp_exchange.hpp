// One message to an MCP server at a URL, and what answers it: JSON, or a stream of events.
#pragma once

#include <asmgr/toolkit/http.hpp>
#include <asmgr/toolkit/sse.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/tools/mcp_connection.hpp"

namespace asmgr {

class McpExchange;

// What the exchanges of a connection share. But for the address: only on the client's thread, which outlives them all.
struct McpSession {
  McpAddress address;
  McpEvents events;
  http::Client* client = nullptr;
  std::string id;         // Mcp-Session-Id, once the server has given one
  std::string revision;   // once it is agreed upon
  bool over = false;      // the server does not know it any more, or the connection has been ended
  bool greeting = false;  // the server is being told that the session stands
  std::vector<std::shared_ptr<McpExchange>> after;             // what is sent once it has been
  std::map<std::uint64_t, std::shared_ptr<McpExchange>> open;  // requests without an answer, by number

  // To the server's address, with the headers of every message.
  [[nodiscard]] http::Request request() const;
};

// Everything on the client's thread.
class McpExchange : public std::enable_shared_from_this<McpExchange> {
 public:
  using OnAnswer = McpConnection::OnAnswer;

  // A request: `message` has `number` as its id. `on_answer` is called once, unless the exchange is never begun.
  McpExchange(std::shared_ptr<McpSession> session, boost::json::object message, std::uint64_t number,
              std::chrono::milliseconds timeout, OnAnswer on_answer);
  // A notification, or an answer to the server: nothing comes back.
  McpExchange(std::shared_ptr<McpSession> session, boost::json::object message);

  void begin();
  // Answers it with `why`, if it has no answer yet, and tells the server that nobody waits any more.
  void give_up(const Error& why, std::string_view reason);

 private:
  void post();
  void take_up_again();
  void send(http::Request request);

  void head(int status, const http::Headers& headers);
  http::Flow bytes(std::string_view bytes);
  void end(const http::Outcome& outcome);
  void end_of_request(const http::Outcome& outcome);
  [[nodiscard]] bool wait_to_take_up_again(const http::Outcome& outcome);

  void take(std::string_view text);
  void take_message(const boost::json::object& message);
  void respond(const boost::json::value& id, std::string_view method);
  void refuse(Error why);
  void session_is_gone();
  [[nodiscard]] Error refused_by_status() const;
  [[nodiscard]] Error without_result() const;
  void answer(Result<boost::json::value> with);

  const std::shared_ptr<McpSession> session_;
  const boost::json::object message_;
  const std::string method_;  // empty for an answer to the server
  const std::uint64_t number_ = 0;
  const std::chrono::milliseconds timeout_{0};
  OnAnswer on_answer_;
  http::ExchangeId exchange_ = 0;  // while one is under way
  bool sent_ = false;
  bool in_session_ = false;  // it was sent with the id of a session

  // Of the answer that is coming.
  int status_ = 0;
  bool streams_ = false;
  std::string type_;
  std::string location_;
  std::string body_;
  sse::Parser reader_;
  std::string last_event_;  // id; from there a broken stream goes on
  bool taken_up_ = false;   // it did
  int tries_ = 0;           // to take it up again, since something came of it
};

}  // namespace asmgr
