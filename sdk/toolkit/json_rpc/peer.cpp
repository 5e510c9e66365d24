#include <asmgr/toolkit/json_rpc.hpp>
#include <asmgr/toolkit/json_view.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace asmgr::json_rpc {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 256;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

json::value value_at(const json::object& from, const char* key) {
  const json::value* value = from.if_contains(key);
  return value == nullptr ? json::value() : *value;
}

bool is_id(const json::value& value) {
  return value.is_string() || value.is_int64() || value.is_uint64();
}

json::object error_json(const Error& error) {
  json::object out;
  out["code"] = error.code;
  out["message"] = error.message;
  if (!error.data.is_null()) out["data"] = error.data;
  return out;
}

Error read_error(const json::value& value) {
  Error error;
  if (value.is_string()) {
    error.message = std::string(value.get_string());
    return error;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) {
    error.message = "the error is no object: " + json::serialize(value);
    return error;
  }
  boost::system::error_code not_an_integer;
  if (const json::value* code = object->if_contains("code")) {
    const auto number = code->to_number<std::int64_t>(not_an_integer);
    if (!not_an_integer) error.code = number;
  }
  const json::value message = value_at(*object, "message");
  error.message = message.is_string() ? std::string(message.get_string()) : "no message was given";
  error.data = value_at(*object, "data");
  return error;
}

Answer failed(std::string message) {
  Answer answer;
  answer.error = Error{kPeerEnded, std::move(message), nullptr};
  return answer;
}

}  // namespace

Peer::Peer(Send send, Handlers handlers, PeerOptions options)
    : send_(std::move(send)), handlers_(std::move(handlers)), options_(options) {}

void Peer::feed(std::string_view line) {
  if (is_blank(line)) return;
  json::parse_options parsing;
  parsing.max_depth = kMaxDepth;
  boost::system::error_code error;
  const json::value value = json::parse(sdk::as_json(line), error, {}, parsing);
  if (error) {
    ++counts_.not_json;
    return;
  }
  const json::object* message = value.if_object();
  const json::value* method = message == nullptr ? nullptr : message->if_contains("method");
  if (method != nullptr && method->is_string()) {
    if (message->contains("id")) return take_request(*message);
    if (handlers_.on_notification)
      handlers_.on_notification({std::string(method->get_string()), value_at(*message, "params")});
    return;
  }
  const bool is_answer =
      message != nullptr && method == nullptr && (message->contains("result") || message->contains("error"));
  if (is_answer) return take_answer(*message);
  ++counts_.not_messages;
}

void Peer::take_request(const json::object& message) {
  Request request{value_at(message, "id"), std::string(message.at("method").get_string()), value_at(message, "params")};
  if (ended_) return;
  const auto refuse = [&](std::int64_t code, std::string why) {
    json::object out = envelope();
    out["id"] = request.id;
    out["error"] = error_json(Error{code, std::move(why), nullptr});
    send(out);
  };
  if (!is_id(request.id)) {
    ++counts_.refused;
    return refuse(kInvalidRequest, "the id must be an integer or a string");
  }
  const std::string key = json::serialize(request.id);
  if (theirs_.size() >= options_.max_open_requests || theirs_.count(key) != 0) {
    ++counts_.refused;
    return refuse(kInvalidRequest,
                  theirs_.count(key) != 0 ? "a request with this id is still open" : "too many requests are open");
  }
  if (!handlers_.on_request) return refuse(kMethodNotFound, "there is no method '" + request.method + "'");
  theirs_.insert(key);
  handlers_.on_request(request);
}

void Peer::take_answer(const json::object& message) {
  const json::value id = value_at(message, "id");
  boost::system::error_code not_ours;
  const std::int64_t number = is_id(id) && !id.is_string() ? id.to_number<std::int64_t>(not_ours) : 0;
  const auto open = not_ours ? ours_.end() : ours_.find(number);
  if (open == ours_.end()) {
    ++counts_.unknown_answers;
    return;
  }
  const OnAnswer on_answer = std::move(open->second);
  ours_.erase(open);
  Answer answer;
  // Some programs send both, the one that does not apply as null.
  const json::value error = value_at(message, "error");
  answer.ok = error.is_null();
  if (answer.ok) {
    answer.result = value_at(message, "result");
  } else {
    answer.error = read_error(error);
  }
  on_answer(answer);
}

std::int64_t Peer::request(std::string_view method, json::value params, OnAnswer on_answer) {
  const std::int64_t id = next_id_++;
  if (ended_ || ours_.size() >= options_.max_open_requests) {
    on_answer(failed(ended_ ? end_reason_ : "too many requests are waiting for an answer"));
    return id;
  }
  ours_.emplace(id, std::move(on_answer));
  json::object out = envelope();
  out["id"] = id;
  out["method"] = sdk::as_json(method);
  if (!params.is_null()) out["params"] = std::move(params);
  send(out);
  return id;
}

void Peer::notify(std::string_view method, json::value params) {
  json::object out = envelope();
  out["method"] = sdk::as_json(method);
  if (!params.is_null()) out["params"] = std::move(params);
  send(out);
}

void Peer::respond(const json::value& id, json::value result) {
  if (theirs_.erase(json::serialize(id)) == 0) return;
  json::object out = envelope();
  out["id"] = id;
  out["result"] = std::move(result);
  send(out);
}

void Peer::respond_error(const json::value& id, const Error& error) {
  if (theirs_.erase(json::serialize(id)) == 0) return;
  json::object out = envelope();
  out["id"] = id;
  out["error"] = error_json(error);
  send(out);
}

void Peer::forget(std::int64_t id) {
  ours_.erase(id);
}

void Peer::end(std::string_view why) {
  if (ended_) return;
  ended_ = true;
  end_reason_ = std::string(why);
  theirs_.clear();
  // A callback may ask again (it is refused) or forget another one.
  while (!ours_.empty()) {
    const OnAnswer on_answer = std::move(ours_.begin()->second);
    ours_.erase(ours_.begin());
    on_answer(failed(end_reason_));
  }
}

void Peer::send(const json::object& message) {
  if (!ended_) send_(json::serialize(message));
}

json::object Peer::envelope() const {
  json::object out;
  if (options_.write_version) out["jsonrpc"] = "2.0";
  return out;
}

}  // namespace asmgr::json_rpc
