#include "core/tools/mcp_http.hpp"

#include <asmgr/toolkit/sse.hpp>
#include <atomic>
#include <boost/json/parse.hpp>
#include <map>
#include <mutex>
#include <optional>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostOfAnAnswer = 64U * 1024 * 1024;

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

// What outlives the connection, since exchanges that are being cancelled still look at it.
struct Shared {
  McpAddress address;
  McpEvents events;
  std::mutex mutex;
  std::string session;   // Mcp-Session-Id, once the server has given one
  std::string revision;  // once it is agreed upon
  bool lost = false;
  std::map<std::uint64_t, http::ExchangeId> open;  // by our number, those that wait
};

// One POST and its answer; on the client's thread.
class Exchange {
 public:
  // `number` is the request's id on the wire too; 0 for a notification, which has no answer.
  Exchange(std::shared_ptr<Shared> shared, std::uint64_t number, McpConnection::OnAnswer on_answer)
      : shared_(std::move(shared)), number_(number), on_answer_(std::move(on_answer)) {}

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  void head(int status, const http::Headers& headers) {
    status_ = status;
    if (const std::string* type = http::find_header(headers, "content-type")) {
      streams_ = lower_case(*type).starts_with("text/event-stream");
    }
    const std::string* session = http::find_header(headers, "mcp-session-id");
    if (session == nullptr) return;
    const std::lock_guard lock(shared_->mutex);
    shared_->session = *session;
  }

  http::Flow bytes(std::string_view bytes) {
    if (streams_ && status_ < 300) {
      (void)reader_.feed(bytes, [this](const sse::Event& event) { take(event.data); });
    } else if (body_.size() + bytes.size() <= kMostOfAnAnswer) {
      body_ += bytes;
    } else {
      too_long_ = true;
    }
    return http::Flow::kGoOn;
  }

  void end(const http::Outcome& outcome) {
    if (outcome.ending == http::Ending::kCancelled) {
      return answer(Error(ErrorCode::cancelled, "nobody waits for the answer any more"));
    }
    if (outcome.ending == http::Ending::kError) {
      const bool late = outcome.error == http::ErrorKind::kTotalTimeout;
      return answer(Error(late ? ErrorCode::timeout : ErrorCode::provider_unavailable, outcome.message));
    }
    if (status_ == 404 && has_session()) return session_is_gone();
    if (status_ >= 300) {
      return answer(Error(ErrorCode::provider_error, "the server answered with status " + std::to_string(status_)));
    }
    if (too_long_) return answer(Error(ErrorCode::provider_error, "the server's answer is too long"));
    if (!streams_ && !body_.empty()) take(body_);
    if (number_ != 0) answer(Error(ErrorCode::provider_unavailable, "the server's answer ended without a result"));
  }

 private:
  [[nodiscard]] bool has_session() const {
    const std::lock_guard lock(shared_->mutex);
    return !shared_->session.empty();
  }

  void session_is_gone() {
    const std::string why = "the server does not know this session any more";
    answer(Error(ErrorCode::provider_unavailable, why));
    {
      const std::lock_guard lock(shared_->mutex);
      if (std::exchange(shared_->lost, true)) return;
    }
    if (shared_->events.on_lost) shared_->events.on_lost(why);
  }

  void take(std::string_view text) {
    boost::system::error_code failed;
    const boost::json::value parsed = boost::json::parse(text, failed);
    const boost::json::object* message = failed ? nullptr : parsed.if_object();
    if (message == nullptr) return;
    if (auto method = find_string(*message, "method")) {
      if (!message->contains("id") && shared_->events.on_notification) shared_->events.on_notification(*method);
      return;
    }
    if (find_int(*message, "id") != static_cast<std::int64_t>(number_)) return;
    if (const boost::json::value* result = find(*message, "result")) return answer(*result);
    const boost::json::object* error = find_object(*message, "error");
    if (error == nullptr) return;
    answer(Error(ErrorCode::provider_error, std::string(find_string(*error, "message").value_or("no reason given")))
               .with_detail("rpc_code", boost::json::value(find_int(*error, "code").value_or(0))));
  }

  void answer(Result<boost::json::value> with) {
    if (auto tell = std::exchange(on_answer_, nullptr)) {
      {
        const std::lock_guard lock(shared_->mutex);
        shared_->open.erase(number_);
      }
      tell(std::move(with));
    }
  }

  std::shared_ptr<Shared> shared_;
  std::uint64_t number_;
  McpConnection::OnAnswer on_answer_;
  int status_ = 0;
  bool streams_ = false;
  bool too_long_ = false;
  sse::Parser reader_;
  std::string body_;
};

class HttpConnection final : public McpConnection {
 public:
  HttpConnection(const McpAddress& address, McpEvents events, std::shared_ptr<http::Client> client)
      : client_(std::move(client)), shared_(std::make_shared<Shared>()) {
    shared_->address = address;
    shared_->events = std::move(events);
  }

  ~HttpConnection() override {
    std::map<std::uint64_t, http::ExchangeId> open;
    std::string session;
    {
      const std::lock_guard lock(shared_->mutex);
      open = shared_->open;
      session = shared_->session;
      shared_->lost = true;
    }
    for (const auto& [number, exchange] : open) client_->cancel(exchange);
    if (!session.empty()) post_end();
  }

  std::uint64_t request(std::string method, boost::json::object params, milliseconds timeout,
                        OnAnswer on_answer) override {
    const std::uint64_t number = last_number_.fetch_add(1) + 1;
    boost::json::object message = envelope(method, std::move(params));
    message["id"] = number;
    if (method == "initialize") on_answer = remember_revision(std::move(on_answer));
    send(message, timeout, std::make_shared<Exchange>(shared_, number, std::move(on_answer)));
    return number;
  }

  void notify(std::string method, boost::json::object params) override {
    send(envelope(method, std::move(params)), milliseconds(30'000), std::make_shared<Exchange>(shared_, 0, nullptr));
  }

  // Closing the stream of the answer is what tells a server over HTTP.
  void cancel(std::uint64_t request) override {
    http::ExchangeId exchange = 0;
    {
      const std::lock_guard lock(shared_->mutex);
      const auto at = shared_->open.find(request);
      if (at != shared_->open.end()) exchange = at->second;
    }
    if (exchange != 0) client_->cancel(exchange);
  }

 private:
  [[nodiscard]] http::Request bare_request() const {
    http::Request request;
    request.url = shared_->address.url;
    for (const auto& [name, value] : shared_->address.headers) request.headers.push_back({name, value});
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->session.empty()) request.headers.push_back({"Mcp-Session-Id", shared_->session});
    if (!shared_->revision.empty()) request.headers.push_back({"MCP-Protocol-Version", shared_->revision});
    return request;
  }

  static boost::json::object envelope(const std::string& method, boost::json::object params) {
    boost::json::object message;
    message["jsonrpc"] = "2.0";
    message["method"] = method;
    if (!params.empty()) message["params"] = std::move(params);
    return message;
  }

  void send(const boost::json::object& message, milliseconds timeout, const std::shared_ptr<Exchange>& exchange) {
    http::Request request = bare_request();
    request.headers.push_back({"Content-Type", "application/json"});
    request.headers.push_back({"Accept", "application/json, text/event-stream"});
    request.body = to_text(message);
    request.timeouts.connect = milliseconds(30'000);
    request.timeouts.total = timeout;
    http::Handlers handlers;
    handlers.on_head = [exchange](int status, const http::Headers& headers) { exchange->head(status, headers); };
    handlers.on_bytes = [exchange](std::string_view bytes) { return exchange->bytes(bytes); };
    handlers.on_end = [exchange](const http::Outcome& outcome) { exchange->end(outcome); };
    // Under the lock, so that an answer that comes at once finds its entry to take away.
    const std::lock_guard lock(shared_->mutex);
    const http::ExchangeId id = client_->send(std::move(request), std::move(handlers));
    if (exchange->number() != 0) shared_->open.emplace(exchange->number(), id);
  }

  [[nodiscard]] OnAnswer remember_revision(OnAnswer on_answer) const {
    return [shared = shared_, on_answer = std::move(on_answer)](Result<boost::json::value> came) {
      const boost::json::object* result = came ? came->if_object() : nullptr;
      if (const auto revision = result == nullptr ? std::nullopt : find_string(*result, "protocolVersion")) {
        const std::lock_guard lock(shared->mutex);
        shared->revision = *revision;
      }
      on_answer(std::move(came));
    };
  }

  void post_end() {
    http::Request request = bare_request();
    request.method = "DELETE";
    request.timeouts.total = milliseconds(2'000);
    client_->send(std::move(request), {});
  }

  const std::shared_ptr<http::Client> client_;
  std::shared_ptr<Shared> shared_;
  std::atomic<std::uint64_t> last_number_{0};
};

}  // namespace

std::unique_ptr<McpConnection> connect_by_url(const McpAddress& address, McpEvents events,
                                              std::shared_ptr<http::Client> client) {
  return std::make_unique<HttpConnection>(address, std::move(events), std::move(client));
}

}  // namespace asmgr
