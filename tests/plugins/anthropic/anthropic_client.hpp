// The anthropic provider as a loaded plugin, asking a server of the test's own.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>

#include "tests/plugins/support/fake_run.hpp"
#include "tests/support/loopback_server.hpp"

namespace asmgr_test {

constexpr const char* kTestKey = "sk-ant-never-to-be-seen";

inline std::string anthropic_recordings() {
  return std::string(ASMGR_SOURCE_DIR) + "/tests/data/anthropic";
}

inline boost::json::object anthropic_config(const LoopbackServer& server) {
  boost::json::object config;
  config["base_url"] = server.url();
  config["api_key"] = kTestKey;
  config["model"] = "claude-sonnet-4-5";
  config["max_retries"] = 0;
  return config;
}

// The stream of an answer that says `text` and ends as it should.
inline std::string text_stream(const std::string& text, const std::string& stop_reason = "end_turn") {
  return R"(data: {"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":3}}})"
         "\n\n"
         R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
         "\n\n"
         R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")" +
         text +
         "\"}}\n\n"
         R"(data: {"type":"content_block_stop","index":0})"
         "\n\n"
         R"(data: {"type":"message_delta","delta":{"stop_reason":")" +
         stop_reason + R"("},"usage":{"output_tokens":5}})" + "\n\n" + R"(data: {"type":"message_stop"})" + "\n\n";
}

inline void send_stream(Peer& peer, const std::string& stream) {
  peer.send(chunked_head(200, "text/event-stream") + chunk(stream) + chunk(""));
}

inline boost::json::object body_of(const ReceivedRequest& request) {
  return boost::json::parse(request.body).as_object();
}

}  // namespace asmgr_test
