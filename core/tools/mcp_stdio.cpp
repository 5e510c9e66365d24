#include "core/tools/mcp_stdio.hpp"

#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/exec.hpp>
#include <asmgr/toolkit/json_rpc.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

using std::chrono::milliseconds;

agent::AgentOptions process_options(const McpAddress& address) {
  agent::AgentOptions options;
  options.command.argv = address.command;
  options.command.cwd = address.cwd;
  options.command.env = exec::environment(exec::common_environment_names(), address.env);
  options.command.stdin_source = exec::StdinSource::kPipe;
  options.exit_grace = milliseconds(500);
  options.interrupt_grace = milliseconds(500);
  return options;
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));  // npos + 1 = 0
}

std::string why_it_ended(const agent::AgentEnd& end) {
  if (end.spawn_error) return end.spawn_error->message;
  std::string why = end.message;
  if (why.empty() && end.wait_status) {
    why = "the program ended with exit code " + std::to_string(exec::exit_code(*end.wait_status));
  }
  if (why.empty()) why = "the program is gone";
  const std::string said = last_line(end.stderr_tail);
  return said.empty() ? why : why + "; the last it wrote to stderr: " + said;
}

// Everything of the protocol happens on the thread of the program; others leave tasks.
class StdioConnection final : public McpConnection, private agent::AgentHandler {
 public:
  StdioConnection(const McpAddress& address, McpEvents events, std::shared_ptr<CallTimers> timers)
      : events_(std::move(events)),
        timers_(std::move(timers)),
        process_(std::make_shared<agent::AgentProcess>(process_options(address))),
        peer_([this](std::string_view line) { process_->write_line(line); }, handlers()),
        thread_([this] { carry_out(); }) {}

  ~StdioConnection() override {
    process_->cancel();
    thread_.join();
  }

  std::uint64_t request(std::string method, boost::json::object params, milliseconds timeout,
                        OnAnswer on_answer) override {
    auto open = std::make_shared<Open>();
    open->on_answer = std::move(on_answer);
    open->timeout = timeout;
    std::unique_lock lock(mutex_);
    const std::uint64_t number = ++last_number_;
    if (ended_) {
      const std::string why = why_;
      lock.unlock();
      answer(*open, lost(why));
      return number;
    }
    open_.emplace(number, open);
    lock.unlock();
    process_->post([this, number, open, method = std::move(method), params = std::move(params)]() mutable {
      send(number, *open, method, std::move(params));
    });
    return number;
  }

  void notify(std::string method, boost::json::object params) override {
    process_->post([this, method = std::move(method), params = std::move(params)]() mutable {
      peer_.notify(method, std::move(params));
    });
  }

  void cancel(std::uint64_t request) override {
    process_->post([this, request] { give_up(request, "nobody waits for the answer any more", std::nullopt); });
  }

 private:
  // One request; `answered` and `on_answer` belong to whoever takes it out of open_.
  struct Open {
    OnAnswer on_answer;
    milliseconds timeout{0};
    std::int64_t id = 0;  // on the wire; 0 = not sent yet
    CallTimers::Timer timer;
  };

  static Error lost(const std::string& why) { return Error(ErrorCode::provider_unavailable, why); }
  static void answer(const Open& open, Result<boost::json::value> with) { open.on_answer(std::move(with)); }

  json_rpc::Peer::Handlers handlers() {
    json_rpc::Peer::Handlers handlers;
    handlers.on_request = [this](const json_rpc::Request& asked) {
      if (asked.method == "ping") return peer_.respond(asked.id, boost::json::object());
      peer_.respond_error(asked.id, {json_rpc::kMethodNotFound, "this client has no such method", nullptr});
    };
    handlers.on_notification = [this](const json_rpc::Notification& said) {
      if (events_.on_notification) events_.on_notification(said.method);
    };
    return handlers;
  }

  void carry_out() {
    const agent::AgentEnd end = process_->run(*this, {});
    std::map<std::uint64_t, std::shared_ptr<Open>> left;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      why_ = why_it_ended(end);
      left.swap(open_);
    }
    peer_.end(why_);                             // its requests are among `left`, which are answered here
    if (events_.on_lost) events_.on_lost(why_);  // first, so that who is answered finds no dead connection
    for (const auto& [number, open] : left) answer(*open, lost(why_));
  }

  void on_line(std::string_view line) override { peer_.feed(line); }
  bool on_cancel() override {
    process_->finish_up();
    return true;
  }

  void send(std::uint64_t number, Open& open, const std::string& method, boost::json::object params) {
    if (open.timeout.count() > 0) {
      open.timer = timers_->after(open.timeout, [this, process = process_, number, timeout = open.timeout] {
        process->post([this, number, timeout] {
          give_up(number, "it took too long",
                  Error(ErrorCode::timeout, "no answer within " + std::to_string(timeout.count()) + " ms"));
        });
      });
    }
    open.id = peer_.request(method, std::move(params),
                            [this, number](const json_rpc::Answer& came) { answered(number, came); });
  }

  [[nodiscard]] std::shared_ptr<Open> take(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto at = open_.find(number);
    if (at == open_.end()) return nullptr;
    auto open = at->second;
    open_.erase(at);
    return open;
  }

  void answered(std::uint64_t number, const json_rpc::Answer& came) {
    const auto open = take(number);
    if (open == nullptr) return;
    open->timer.reset();
    if (came.ok) return answer(*open, came.result);
    answer(*open, Error(ErrorCode::provider_error, came.error.message)
                      .with_detail("rpc_code", boost::json::value(came.error.code)));
  }

  void give_up(std::uint64_t number, const std::string& reason, std::optional<Error> with) {
    const auto open = take(number);
    if (open == nullptr) return;
    open->timer.reset();
    peer_.forget(open->id);
    boost::json::object params;
    params["requestId"] = open->id;
    params["reason"] = reason;
    peer_.notify("notifications/cancelled", std::move(params));
    answer(*open, with ? std::move(*with) : Error(ErrorCode::cancelled, reason));
  }

  const McpEvents events_;
  const std::shared_ptr<CallTimers> timers_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Open>> open_;
  std::uint64_t last_number_ = 0;
  bool ended_ = false;
  std::string why_;  // set before ended_, constant afterwards
  // Shared with timers that are just going off: what they leave there once the program has ended is dropped.
  const std::shared_ptr<agent::AgentProcess> process_;
  json_rpc::Peer peer_;  // only on the thread
  std::thread thread_;
};

}  // namespace

std::unique_ptr<McpConnection> connect_by_program(const McpAddress& address, McpEvents events,
                                                  std::shared_ptr<CallTimers> timers) {
  return std::make_unique<StdioConnection>(address, std::move(events), std::move(timers));
}

}  // namespace asmgr
