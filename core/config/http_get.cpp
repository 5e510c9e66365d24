#include "core/config/http_get.hpp"

#include <asmgr/toolkit/http.hpp>
#include <exception>
#include <future>

namespace asmgr {
namespace {

constexpr std::size_t kMostOfTheBody = std::size_t{1} << 20;

Result<HttpAnswer> ask(const std::string& url, std::chrono::milliseconds limit) {
  http::Client client;
  HttpAnswer answer;
  std::promise<http::Outcome> ended;
  http::Request request;
  request.method = "GET";
  request.url = url;
  request.timeouts.total = limit;
  http::Handlers handlers;
  handlers.on_head = [&](int status, const http::Headers&) { answer.status = status; };
  handlers.on_bytes = [&](std::string_view bytes) {
    answer.body += bytes.substr(0, kMostOfTheBody - answer.body.size());
    return http::Flow::kGoOn;
  };
  handlers.on_end = [&](const http::Outcome& outcome) { ended.set_value(outcome); };
  client.send(std::move(request), std::move(handlers));
  const http::Outcome outcome = ended.get_future().get();
  if (outcome.ending == http::Ending::kError) return Error(ErrorCode::provider_unavailable, outcome.message);
  return answer;
}

}  // namespace

Result<HttpAnswer> http_get(const std::string& url, std::chrono::milliseconds limit) {
  try {
    return ask(url, limit);
  } catch (const std::exception& failed) {
    return Error(ErrorCode::internal_error, url + " cannot be asked: " + failed.what());
  }
}

}  // namespace asmgr
