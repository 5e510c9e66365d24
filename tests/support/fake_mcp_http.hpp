// A tool server by streamable HTTP, on a port of 127.0.0.1: says that it has one tool, echo, and answers as a test
// says.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/loopback_server.hpp"

namespace asmgr_test {

// What came, as the protocol has it.
struct McpMessage {
  std::string method;  // "" for an answer to the server, "GET" and "DELETE" for requests without a body
  boost::json::object body;
  ReceivedRequest http;

  [[nodiscard]] std::string id() const { return body.contains("id") ? boost::json::serialize(body.at("id")) : ""; }
};

class FakeMcpHttp {
 public:
  // True: it has answered.
  std::function<bool(Peer&, const McpMessage&)> instead;

  [[nodiscard]] std::string url() const { return loopback_.url() + "/mcp"; }
  // Sessions that were begun before are not known any more.
  void forget_sessions() { ++session_; }

  [[nodiscard]] std::vector<McpMessage> messages() {
    std::vector<McpMessage> read;
    for (const auto& request : loopback_.requests()) read.push_back(read_message(request));
    return read;
  }
  [[nodiscard]] std::vector<McpMessage> messages(std::string_view method) {
    std::vector<McpMessage> found = messages();
    std::erase_if(found, [&](const McpMessage& message) { return message.method != method; });
    return found;
  }
  [[nodiscard]] std::vector<std::string> methods() {
    std::vector<std::string> names;
    for (const McpMessage& message : messages()) names.push_back(message.method);
    return names;
  }
  // Holds the calling script until the server is destroyed.
  void hang() { loopback_.hang(); }

  static std::string result(const McpMessage& asked, const std::string& value) {
    return R"({"jsonrpc":"2.0","id":)" + asked.id() + R"(,"result":)" + value + "}";
  }
  static std::string text_result(const McpMessage& asked, const std::string& text) {
    return result(asked, R"({"content":[{"type":"text","text":")" + text + R"("}]})");
  }
  static void send_json(Peer& peer, const std::string& body, const std::string& more_headers = {}) {
    peer.send(answer(200, "application/json", body, more_headers));
  }
  static void begin_stream(Peer& peer) { peer.send(chunked_head(200, "text/event-stream")); }
  static void send_event(Peer& peer, const std::string& data, const std::string& id = {}) {
    peer.send(chunk((id.empty() ? "" : "id: " + id + "\n") + "data: " + data + "\n\n"));
  }
  static void end_stream(Peer& peer) { peer.send(chunk("")); }

 private:
  static McpMessage read_message(const ReceivedRequest& request) {
    McpMessage message;
    message.http = request;
    message.method = request.line().substr(0, request.line().find(' '));
    if (message.method != "POST") return message;
    message.body = boost::json::parse(request.body).as_object();
    message.method = message.body.contains("method") ? std::string(message.body.at("method").as_string()) : "";
    return message;
  }
  [[nodiscard]] std::string session() const { return "session-" + std::to_string(session_); }

  void reply(Peer& peer, const ReceivedRequest& request) {
    const McpMessage message = read_message(request);
    if (instead && instead(peer, message)) return;
    if (message.method == "initialize") {
      return send_json(peer,
                       result(message, R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{}},)"
                                       R"("serverInfo":{"name":"fake","version":"1"}})"),
                       "Mcp-Session-Id: " + session() + "\r\n");
    }
    if (request.header("mcp-session-id") != session()) {
      peer.send(answer(404, "application/json", R"({"error":{"message":"Session not found"}})"));
      return;
    }
    if (message.id().empty() || message.method.empty()) {
      peer.send(answer(message.method == "DELETE" ? 200 : 202, "text/plain", ""));
    } else if (message.method == "tools/list") {
      send_json(peer, result(message, R"({"tools":[{"name":"echo","inputSchema":{"type":"object"}}]})"));
    } else {
      const auto& given = message.body.at("params").at("arguments").as_object();
      send_json(peer, text_result(message, given.contains("text") ? std::string(given.at("text").as_string()) : ""));
    }
  }

  std::atomic<int> session_{1};
  // Last, so that what its scripts use is there as long as they are.
  LoopbackServer loopback_{[this](Peer& peer, const ReceivedRequest& request) { reply(peer, request); }};
};

}  // namespace asmgr_test
