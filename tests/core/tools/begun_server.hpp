// A tool server under test, and what it answers, waited for.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "core/tools/mcp_server.hpp"

namespace asmgr::testing {

class BegunServer {
 public:
  explicit BegunServer(const McpConnect& connect) {
    const McpConnect counted = [connect, begun = begun](McpEvents events) {
      ++*begun;
      return connect(std::move(events));
    };
    server = std::make_shared<McpServer>("fake", "0.1.0", counted, endings_);
  }
  ~BegunServer() {
    server.reset();
    endings_->wait_for(std::chrono::seconds(10));
  }

  Result<ToolServer::Tools> list() const { return begin_list().get(); }
  [[nodiscard]] std::future<Result<ToolServer::Tools>> begin_list() const {
    auto answer = std::make_shared<std::promise<Result<ToolServer::Tools>>>();
    server->list([answer](const Result<ToolServer::Tools>& tools) { answer->set_value(tools); });
    return answer->get_future();
  }
  std::future<ToolOutcome> begin_call(const std::string& tool, const std::string& text = "",
                                      std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    auto answer = std::make_shared<std::promise<ToolOutcome>>();
    boost::json::object input;
    if (!text.empty()) input["text"] = text;
    last_call =
        server->call(tool, std::move(input), timeout, [answer](ToolOutcome result) { answer->set_value(result); });
    return answer->get_future();
  }
  ToolOutcome call(const std::string& tool, const std::string& text = "",
                   std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    return begin_call(tool, text, timeout).get();
  }

  std::shared_ptr<McpServer> server;
  std::uint64_t last_call = 0;
  std::shared_ptr<std::atomic<int>> begun = std::make_shared<std::atomic<int>>(0);

 private:
  std::shared_ptr<Endings> endings_ = std::make_shared<Endings>();
};

}  // namespace asmgr::testing
