#include "core/tools/mcp_exchange.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostOfAnAnswer = 64U * 1024 * 1024;
constexpr std::size_t kMostOfARefusal = 64U * 1024;  // more of it than that is not read
constexpr std::size_t kMostToQuote = 300;
constexpr std::size_t kDepthOfMessages = 256;
constexpr milliseconds kLimitOfOneWay{30'000};
constexpr milliseconds kShortestPause{100};
constexpr milliseconds kUsualPause{1'000};
constexpr milliseconds kLongestPause{30'000};
constexpr milliseconds kGraceAfterAnswer{5'000};
constexpr int kMostTries = 3;
constexpr std::int64_t kMethodIsUnknown = -32601;

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

boost::json::value parse_message(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kDepthOfMessages;
  boost::system::error_code failed;
  boost::json::value parsed = boost::json::parse(text, failed, {}, options);
  return failed ? boost::json::value(nullptr) : std::move(parsed);
}

// What a refusal says of itself: the message of a JSON-RPC error, or a plain text; empty where it is anything else.
std::string words_of(std::string_view type, std::string_view body) {
  if (type.starts_with("text/plain")) return std::string(body.substr(0, kMostToQuote));
  const boost::json::value parsed = parse_message(body);
  const boost::json::object* object = parsed.if_object();
  if (object == nullptr) return {};
  if (const auto text = find_string(*object, "error")) return std::string(text->substr(0, kMostToQuote));
  const boost::json::object* error = find_object(*object, "error");
  const auto message = find_string(error == nullptr ? *object : *error, "message");
  return std::string(message.value_or("").substr(0, kMostToQuote));
}

std::string what_to_do(int status, const std::string& location) {
  if (status >= 300 && status < 400) {
    return location.empty() ? "it sends us elsewhere, which is not followed: set the url to where the server is"
                            : "it sends us on to " + location +
                                  ", which is not followed, so that no header goes there unasked: if that is the "
                                  "server, set the url to it";
  }
  if (status == 401 || status == 403) return "check the headers of its entry";
  if (status == 404 || status == 405) return "check its url: an MCP server by streamable HTTP takes a POST there";
  if (status == 429 || status >= 500) return "try again later, or look at the server's own log";
  return "look at the server's own log";
}

Error error_of(const boost::json::object& error) {
  return Error(ErrorCode::provider_error, std::string(find_string(error, "message").value_or("no reason given")))
      .with_detail("rpc_code", boost::json::value(find_int(error, "code").value_or(0)));
}

}  // namespace

http::Request McpSession::request() const {
  http::Request request;
  request.url = address.url;
  for (const auto& [name, value] : address.headers) request.headers.push_back({name, value});
  if (!id.empty()) request.headers.push_back({"Mcp-Session-Id", id});
  if (!revision.empty()) request.headers.push_back({"MCP-Protocol-Version", revision});
  request.timeouts.connect = milliseconds(30'000);
  return request;
}

McpExchange::McpExchange(std::shared_ptr<McpSession> session, boost::json::object message, std::uint64_t number,
                         milliseconds timeout, OnAnswer on_answer)
    : session_(std::move(session)),
      message_(std::move(message)),
      method_(find_string(message_, "method").value_or("")),
      number_(number),
      timeout_(timeout),
      on_answer_(std::move(on_answer)) {}

McpExchange::McpExchange(std::shared_ptr<McpSession> session, boost::json::object message)
    : session_(std::move(session)),
      message_(std::move(message)),
      method_(find_string(message_, "method").value_or("")) {}

// -- there ----------------------------------------------------------------------------------------------------------

void McpExchange::begin() {
  if (number_ != 0) {
    session_->open.emplace(number_, shared_from_this());
    if (timeout_.count() > 0) {
      session_->client->post_after(timeout_, [weak = weak_from_this(), timeout = timeout_] {
        const auto self = weak.lock();
        if (self == nullptr || self->on_answer_ == nullptr) return;
        self->give_up(Error(ErrorCode::timeout, "no answer within " + std::to_string(timeout.count()) + " ms"),
                      "it took too long");
      });
    }
  }
  // Each message has a connection of its own, so the next one could overtake the greeting.
  if (session_->greeting) return session_->after.push_back(shared_from_this());
  session_->greeting = method_ == "notifications/initialized";
  post();
}

void McpExchange::post() {
  if (number_ != 0 && on_answer_ == nullptr) return;  // given up while it waited for its turn
  if (session_->over) {
    return answer(Error(ErrorCode::provider_unavailable, "the session with the server is over")
                      .with_detail(kNotRun, boost::json::value(true)));
  }
  http::Request request = session_->request();
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"Accept", "application/json, text/event-stream"});
  request.body = to_text(message_);
  if (number_ == 0) request.timeouts.total = kLimitOfOneWay;
  sent_ = true;
  in_session_ = !session_->id.empty();
  send(std::move(request));
}

void McpExchange::take_up_again() {
  if (on_answer_ == nullptr) return;
  http::Request request = session_->request();
  request.method = "GET";
  request.headers.push_back({"Accept", "text/event-stream"});
  request.headers.push_back({"Last-Event-ID", last_event_});
  ++tries_;
  taken_up_ = true;
  reader_ = sse::Parser();
  send(std::move(request));
}

void McpExchange::send(http::Request request) {
  status_ = 0;
  streams_ = false;
  body_.clear();
  http::Handlers handlers;
  handlers.on_head = [self = shared_from_this()](int status, const http::Headers& headers) {
    self->head(status, headers);
  };
  handlers.on_bytes = [self = shared_from_this()](std::string_view bytes) { return self->bytes(bytes); };
  handlers.on_end = [self = shared_from_this()](const http::Outcome& outcome) { self->end(outcome); };
  exchange_ = session_->client->send(std::move(request), std::move(handlers));
}

void McpExchange::give_up(const Error& why, std::string_view reason) {
  if (on_answer_ == nullptr) return;
  const auto self = shared_from_this();  // the session's entry is about to go
  // A session that does not stand yet cannot be told; that of `initialize` must not.
  if (sent_ && method_ != "initialize" && !session_->over) {
    boost::json::object params;
    params["requestId"] = number_;
    params["reason"] = reason;
    boost::json::object told;
    told["jsonrpc"] = "2.0";
    told["method"] = "notifications/cancelled";
    told["params"] = std::move(params);
    std::make_shared<McpExchange>(session_, std::move(told))->begin();
  }
  refuse(why);
}

// -- and back -------------------------------------------------------------------------------------------------------

void McpExchange::head(int status, const http::Headers& headers) {
  status_ = status;
  const auto value_of = [&](std::string_view name) {
    const std::string* value = http::find_header(headers, name);
    return value == nullptr ? std::string() : *value;
  };
  type_ = lower_case(value_of("content-type"));
  location_ = value_of("location");
  streams_ = status < 300 && type_.starts_with("text/event-stream");
  if (method_ == "initialize" && status < 300) session_->id = value_of("mcp-session-id");
}

http::Flow McpExchange::bytes(std::string_view bytes) {
  if (streams_) {
    const bool fits = reader_.feed(bytes, [this](const sse::Event& event) {
      if (!event.id.empty()) last_event_ = event.id;
      tries_ = 0;
      take(event.data);
    });
    if (!fits) refuse(Error(ErrorCode::provider_error, reader_.error()));
  } else if (status_ >= 300) {
    body_ += bytes.substr(0, kMostOfARefusal - std::min(kMostOfARefusal, body_.size()));
  } else if (body_.size() + bytes.size() <= kMostOfAnAnswer) {
    body_ += bytes;
  } else {
    refuse(Error(ErrorCode::provider_error,
                 "the server's answer is longer than " + std::to_string(kMostOfAnAnswer) + " bytes; ask it for less"));
  }
  return http::Flow::kGoOn;
}

void McpExchange::end(const http::Outcome& outcome) {
  const auto self = shared_from_this();
  exchange_ = 0;
  if (number_ != 0) return end_of_request(outcome);
  if (status_ == 404 && in_session_) session_is_gone();
  if (method_ != "notifications/initialized") return;
  session_->greeting = false;
  for (const auto& next : std::exchange(session_->after, {})) next->post();
}

void McpExchange::end_of_request(const http::Outcome& outcome) {
  if (on_answer_ == nullptr) return;
  if (wait_to_take_up_again(outcome)) return;
  if (outcome.ending == http::Ending::kCancelled) {
    return answer(Error(ErrorCode::provider_unavailable, "the connection to the server was ended"));
  }
  if (outcome.ending == http::Ending::kError) return answer(Error(ErrorCode::provider_unavailable, outcome.message));
  if (status_ == 404 && in_session_) return session_is_gone();
  if (status_ >= 300) return answer(taken_up_ ? without_result() : refused_by_status());
  if (!streams_) take(body_);
  if (on_answer_ != nullptr) answer(without_result());
}

// A server may end a stream before the answer is there, or lose it: what it has numbered can be asked for again.
bool McpExchange::wait_to_take_up_again(const http::Outcome& outcome) {
  const bool broke = outcome.ending == http::Ending::kEnded ? streams_ : outcome.ending == http::Ending::kError;
  const bool refused = status_ >= 300;
  if (last_event_.empty() || !broke || refused || session_->over || tries_ >= kMostTries) return false;
  const milliseconds pause = std::clamp(reader_.retry().value_or(kUsualPause), kShortestPause, kLongestPause);
  session_->client->post_after(pause, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->take_up_again();
  });
  return true;
}

void McpExchange::take(std::string_view text) {
  const boost::json::value parsed = parse_message(text);
  if (const boost::json::object* message = parsed.if_object()) return take_message(*message);
  const boost::json::array* batch = parsed.if_array();  // revision 2025-03-26 has them
  if (batch == nullptr) return;
  for (const boost::json::value& one : *batch) {
    if (one.is_object()) take_message(one.get_object());
  }
}

void McpExchange::take_message(const boost::json::object& message) {
  const boost::json::value* id = find(message, "id");
  if (const auto method = find_string(message, "method")) {
    if (id != nullptr) return respond(*id, *method);
    if (session_->events.on_notification) session_->events.on_notification(*method);
    return;
  }
  const boost::json::object* error = find_object(message, "error");
  // A message that could not be read at all is answered without its id.
  const bool of_nobody = !streams_ && error != nullptr && (id == nullptr || id->is_null());
  if (!of_nobody && find_int(message, "id") != static_cast<std::int64_t>(number_)) return;
  if (error != nullptr) return answer(error_of(*error));
  const boost::json::value* result = find(message, "result");
  if (result == nullptr) return;
  if (method_ == "initialize" && result->is_object()) {
    session_->revision = find_string(result->get_object(), "protocolVersion").value_or("");
  }
  answer(*result);
  if (!streams_) return;
  // The server should end the stream now; one that does not is not waited for.
  session_->client->post_after(kGraceAfterAnswer, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self != nullptr && self->exchange_ != 0) self->session_->client->cancel(self->exchange_);
  });
}

void McpExchange::respond(const boost::json::value& id, std::string_view method) {
  if (!id.is_string() && !id.is_number()) return;
  boost::json::object said;
  said["jsonrpc"] = "2.0";
  said["id"] = id;
  if (method == "ping") {
    said["result"].emplace_object();
  } else {
    boost::json::object& error = said["error"].emplace_object();
    error["code"] = kMethodIsUnknown;
    error["message"] = "this client has no such method";
  }
  std::make_shared<McpExchange>(session_, std::move(said))->begin();
}

// Nothing more of its answer is wanted.
void McpExchange::refuse(Error why) {
  const auto self = shared_from_this();
  answer(std::move(why));
  if (exchange_ != 0) session_->client->cancel(exchange_);
}

// A server that answers so to a message has not looked at it: it may be sent again in another session.
void McpExchange::session_is_gone() {
  const std::string why = "the server does not know this session any more (status 404)";
  // First, so that who is answered finds no dead connection.
  if (!std::exchange(session_->over, true) && session_->events.on_lost) session_->events.on_lost(why);
  answer(Error(ErrorCode::provider_unavailable, why).with_detail(kNotRun, boost::json::value(!taken_up_)));
}

Error McpExchange::refused_by_status() const {
  const std::string words = words_of(type_, body_);
  const ErrorCode code = status_ == 429 || status_ >= 500 ? ErrorCode::provider_unavailable : ErrorCode::provider_error;
  return Error(code, "the server answered with status " + std::to_string(status_) +
                         (words.empty() ? std::string() : " (" + words + ")") + "; " + what_to_do(status_, location_));
}

Error McpExchange::without_result() const {
  if (streams_ || taken_up_) {
    return Error(ErrorCode::provider_unavailable, "the server's answer ended without a result");
  }
  const std::string kind = type_.empty() ? std::string("nothing that says what it is") : "'" + type_ + "'";
  return Error(ErrorCode::provider_error, "the server answered with status " + std::to_string(status_) + " and " +
                                              kind +
                                              ", which holds no answer to our message; check that its url is that "
                                              "of an MCP server");
}

void McpExchange::answer(Result<boost::json::value> with) {
  const auto tell = std::exchange(on_answer_, nullptr);
  if (tell == nullptr) return;
  const auto self = shared_from_this();
  session_->open.erase(number_);
  tell(std::move(with));
}

}  // namespace asmgr
