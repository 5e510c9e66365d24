// A server of tools by the Model Context Protocol: begun when its tools are first asked for, and again when it is lost.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/tools/end_elsewhere.hpp"
#include "core/tools/mcp_connection.hpp"
#include "core/tools/tool.hpp"

namespace asmgr {

// Makes a connection; what goes wrong comes by the events.
using McpConnect = std::function<std::unique_ptr<McpConnection>(McpEvents events)>;

// Made with std::make_shared. A server that was lost keeps its list of tools; the next call begins it again.
class McpServer final : public ToolServer, public std::enable_shared_from_this<McpServer> {
 public:
  // `endings`: of its connections, when nobody needs them any more.
  McpServer(std::string name, std::string program_version, McpConnect connect, std::shared_ptr<Endings> endings);

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  void list(std::function<void(const Result<Tools>&)> then) override;
  std::uint64_t call(const std::string& own_name, boost::json::object input, std::chrono::milliseconds timeout,
                     std::function<void(ToolOutcome)> then) override;
  void cancel(std::uint64_t call) noexcept override;

 private:
  enum class State : std::uint8_t { idle, beginning, ready };
  using Waiter = std::function<void(const Result<void>&)>;
  struct Call {
    std::string own_name;
    boost::json::object input;
    std::chrono::milliseconds timeout;
    std::function<void(ToolOutcome)> then;
    bool cancelled = false;
    bool sent_again = false;
    // Where it was sent; one that is lost meanwhile stays until it has answered.
    std::shared_ptr<McpConnection> connection;
    std::uint64_t request = 0;
  };

  // A life is one connection: answers of an earlier one are not taken for its.
  void when_ready(Waiter waiter);
  void begin(std::uint64_t life);
  void initialized(std::uint64_t life, const Result<boost::json::value>& answer);
  void ask_for_page(std::uint64_t life, const std::string& cursor);
  void page_came(std::uint64_t life, const Result<boost::json::value>& answer);
  void failed(std::uint64_t life, const Error& error);
  void notified(std::uint64_t life, std::string_view method);
  void send_call(std::uint64_t number);
  void send_to_ready(std::uint64_t number);
  void answered(std::uint64_t number, const Result<boost::json::value>& answer);
  void end_call(std::uint64_t number, ToolOutcome result);
  [[nodiscard]] std::shared_ptr<McpConnection> connection_of(std::uint64_t life);
  [[nodiscard]] Error named(const Error& error) const;

  const std::string name_;
  const std::string program_version_;
  const McpConnect connect_;
  const std::shared_ptr<Endings> endings_;
  std::mutex mutex_;  // never held while anything else is called
  State state_ = State::idle;
  std::uint64_t life_ = 0;
  std::shared_ptr<McpConnection> connection_;
  Tools tools_;
  Tools arriving_;         // of the list that is being read
  std::size_t pages_ = 0;  // of it
  bool listing_ = false;
  bool list_again_ = false;  // it changed while it was being read
  std::vector<Waiter> waiters_;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, Call> calls_;
};

}  // namespace asmgr
