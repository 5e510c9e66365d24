// A tool server at a URL of this process, and a client of it.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "core/tools/mcp_http.hpp"
#include "tests/core/tools/begun_server.hpp"
#include "tests/support/fake_mcp_http.hpp"

namespace asmgr::testing {

using Fake = asmgr_test::FakeMcpHttp;
using asmgr_test::McpMessage;
using asmgr_test::Peer;

// Polls until `condition` holds; false after ten seconds.
template <typename Condition>
[[nodiscard]] bool comes_true(Condition condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

inline McpConnect connect_to(const std::string& url) {
  McpAddress address;
  address.url = url;
  address.headers = {{"Authorization", "Bearer let-me-in"}};
  return [address](McpEvents events) { return connect_by_url(address, std::move(events)); };
}

inline std::string text_of_outcome(const ToolOutcome& outcome) {
  return outcome.output.is_string() ? std::string(outcome.output.as_string()) : boost::json::serialize(outcome.output);
}

// A server, and a client of it that is destroyed first.
class McpHttp : public ::testing::Test {
 protected:
  BegunServer& client() {
    if (!client_) client_.emplace(connect_to(fake.url()));
    return *client_;
  }
  // What the server does with a call; the rest as usual.
  void on_call(std::function<void(Peer&, const McpMessage&)> answer) { on("tools/call", std::move(answer)); }
  void on(const std::string& method, std::function<void(Peer&, const McpMessage&)> answer) {
    fake.instead = [method, answer = std::move(answer)](Peer& peer, const McpMessage& message) {
      if (message.method != method) return false;
      answer(peer, message);
      return true;
    };
  }
  void end_client() { client_.reset(); }

  Fake fake;

 private:
  std::optional<BegunServer> client_;
};

}  // namespace asmgr::testing
