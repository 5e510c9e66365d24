#include "core/tools/mcp_http.hpp"

#include <atomic>
#include <functional>
#include <future>

#include "core/tools/mcp_exchange.hpp"

namespace asmgr {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLimitOfFarewell{2'000};

boost::json::object http_message(const std::string& method, boost::json::object params) {
  boost::json::object message;
  message["jsonrpc"] = "2.0";
  message["method"] = method;
  if (!params.empty()) message["params"] = std::move(params);
  return message;
}

// The server may forget the session now; whether it does is its own affair. `then` is called once that is over.
void say_farewell(const std::shared_ptr<McpSession>& session, std::function<void()> then) {
  if (std::exchange(session->over, true) || session->id.empty()) return then();
  http::Request request = session->request();
  request.method = "DELETE";
  request.timeouts.total = kLimitOfFarewell;
  http::Handlers handlers;
  handlers.on_end = [then = std::move(then)](const http::Outcome&) { then(); };
  session->client->send(std::move(request), std::move(handlers));
}

// Leaves everything to the client's thread, in the order of the calls.
class HttpConnection final : public McpConnection {
 public:
  HttpConnection(const McpAddress& address, McpEvents events)
      : session_(std::make_shared<McpSession>()), client_(std::make_unique<http::Client>()) {
    session_->address = address;
    session_->events = std::move(events);
    session_->client = client_.get();
  }

  ~HttpConnection() override {
    std::promise<void> said;
    client_->post([session = session_, &said] {
      const Error why(ErrorCode::provider_unavailable, "the connection to the server was ended");
      const auto open = std::exchange(session->open, {});
      for (const auto& [number, exchange] : open) exchange->give_up(why, "the client ends");
      say_farewell(session, [&said] { said.set_value(); });
    });
    said.get_future().wait();
  }

  std::uint64_t request(std::string method, boost::json::object params, milliseconds timeout,
                        OnAnswer on_answer) override {
    const std::uint64_t number = last_number_.fetch_add(1) + 1;
    boost::json::object message = http_message(method, std::move(params));
    message["id"] = number;
    begin(std::make_shared<McpExchange>(session_, std::move(message), number, timeout, std::move(on_answer)));
    return number;
  }

  void notify(std::string method, boost::json::object params) override {
    begin(std::make_shared<McpExchange>(session_, http_message(method, std::move(params))));
  }

  void cancel(std::uint64_t request) override {
    client_->post([session = session_, request] {
      const auto at = session->open.find(request);
      if (at == session->open.end()) return;
      const std::string reason = "nobody waits for the answer any more";
      at->second->give_up(Error(ErrorCode::cancelled, reason), reason);
    });
  }

 private:
  void begin(std::shared_ptr<McpExchange> exchange) {
    client_->post([exchange = std::move(exchange)] { exchange->begin(); });
  }

  const std::shared_ptr<McpSession> session_;
  std::atomic<std::uint64_t> last_number_{0};
  const std::unique_ptr<http::Client> client_;  // last: the others outlive its thread
};

}  // namespace

std::unique_ptr<McpConnection> connect_by_url(const McpAddress& address, McpEvents events) {
  return std::make_unique<HttpConnection>(address, std::move(events));
}

}  // namespace asmgr
