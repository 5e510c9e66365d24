#include "wire.hpp"

#include <algorithm>

#include "sha256.hpp"

namespace asmgr::s3_store {
namespace {

// A listing of a thousand names of the longest kind has less than half of it.
constexpr std::size_t kLargestAnswer = std::size_t{8} << 20;

}  // namespace

Try Pending::wait() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->ended; });
  return std::move(state_->result);
}

http::Request Wire::signed_request(const Call& call) const {
  const std::string host = settings_.path_style ? settings_.host : settings_.bucket + "." + settings_.host;
  UnsignedRequest to_sign;
  to_sign.method = call.method;
  to_sign.path =
      percent_encoded_path((settings_.path_style ? "/" + settings_.bucket : std::string()) + "/" + call.name);
  if (settings_.path_style && call.name.empty()) to_sign.path.pop_back();
  to_sign.query = call.query;
  to_sign.payload_hash = hex(sha256_of(call.body));
  const std::string date = amz_date(now_us());
  to_sign.headers = {{"host", host}, {"x-amz-content-sha256", to_sign.payload_hash}, {"x-amz-date", date}};
  for (const http::Header& header : call.headers) to_sign.headers.emplace_back(header.name, header.value);
  const std::string& token = settings_.credentials.session_token;
  if (!token.empty()) to_sign.headers.emplace_back("x-amz-security-token", token);

  http::Request request;
  request.method = call.method;
  request.url = settings_.scheme + "://" + host + to_sign.path;
  if (!call.query.empty()) request.url += "?" + query_string(call.query);
  for (const auto& [name, value] : to_sign.headers) request.headers.push_back({name, value});
  request.headers.push_back({"authorization", authorization(to_sign, settings_.scope, settings_.credentials, date)});
  // S3 wants to be told of an empty body too.
  if (call.body.empty() && call.method == "PUT") request.headers.push_back({"content-length", "0"});
  request.body = call.body;
  request.ca_file = settings_.ca_file;
  return request;
}

Pending Wire::start(const Call& call, std::chrono::milliseconds limit) {
  http::Request request = signed_request(call);
  request.timeouts.connect = std::min(kConnectLimit, limit);
  request.timeouts.total = limit;
  Pending pending;
  http::Handlers handlers;
  handlers.on_head = [state = pending.state_](int status, const http::Headers& headers) {
    state->result.answer.status = status;
    state->result.answer.headers = headers;
  };
  handlers.on_bytes = [state = pending.state_](std::string_view bytes) {
    if (state->result.answer.body.size() + bytes.size() > kLargestAnswer)
      throw sdk::StatusError(ASMGR_E_STORAGE, "the answer is larger than any of S3's; check the endpoint");
    state->result.answer.body += bytes;
    return http::Flow::kGoOn;
  };
  handlers.on_end = [state = pending.state_](const http::Outcome& outcome) {
    const std::lock_guard lock(state->mutex);
    state->result.outcome = outcome;
    state->ended = true;
    state->changed.notify_all();
  };
  client_.send(std::move(request), std::move(handlers));
  return pending;
}

}  // namespace asmgr::s3_store
