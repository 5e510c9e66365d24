#include "endpoint.hpp"

#include <boost/json/serialize.hpp>

namespace asmgr::openai {
namespace {

std::string_view host_in(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of(":/?"));
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_openai_or_azure(std::string_view host) {
  return ends_with(host, ".openai.com") || ends_with(host, ".azure.com");
}

}  // namespace

Endpoint::Endpoint(const model_api::Settings& settings, std::string_view path)
    : authorization_(settings.api_key.empty() ? "" : "Bearer " + settings.api_key),
      limit_name_(is_openai_or_azure(host_in(settings.base_url)) ? "max_completion_tokens" : "max_tokens") {
  const std::size_t query = settings.base_url.find('?');
  url_ = settings.base_url.substr(0, query);
  if (!url_.empty() && url_.back() == '/') url_.pop_back();
  url_ += path;
  if (query != std::string::npos) url_ += settings.base_url.substr(query);
}

http::Request Endpoint::request(const boost::json::object& body) const {
  http::Request request;
  request.url = url_;
  request.headers.push_back({"content-type", "application/json"});
  request.headers.push_back({"accept", "text/event-stream"});
  if (!authorization_.empty()) request.headers.push_back({"authorization", authorization_});
  request.body = boost::json::serialize(body);
  return request;
}

}  // namespace asmgr::openai
