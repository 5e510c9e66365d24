#include <algorithm>
#include <asmgr/toolkit/config.hpp>
#include <asmgr/toolkit/model_api/settings.hpp>

namespace asmgr::model_api {
namespace {

using std::chrono::milliseconds;

// A line break in a header would begin another one.
bool is_header(const std::string& name, const std::string& value) {
  constexpr std::string_view kLineBreaks("\r\n\0", 3);
  return !name.empty() && name.find_first_of(": \t\r\n") == std::string::npos &&
         value.find_first_of(kLineBreaks) == std::string::npos;
}

http::Headers read_headers(const sdk::Config& config) {
  http::Headers headers;
  for (auto& [name, value] : config.text_map("headers")) {
    if (!is_header(name, value))
      config.fail("headers", "'" + name + "' is no HTTP header; leave out blanks, line breaks");
    headers.push_back({name, value});
  }
  return headers;
}

std::string read_base_url(const sdk::Config& config) {
  std::string url = config.text_or("base_url", "");
  const bool has_scheme = url.compare(0, 7, "http://") == 0 || url.compare(0, 8, "https://") == 0;
  if (!url.empty() && !has_scheme) config.fail("base_url", "must begin with http:// or https://");
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

http::Timeouts read_timeouts(const sdk::Config& config) {
  http::Timeouts timeouts;
  timeouts.connect = milliseconds(10'000);
  timeouts.first_byte = milliseconds(120'000);
  timeouts.idle = milliseconds(60'000);
  if (!config.has("timeouts")) return timeouts;
  const sdk::Config given = config.object("timeouts");
  const auto read = [&](std::string_view key, milliseconds fallback) {
    return milliseconds(given.integer_or(key, fallback.count(), 0));
  };
  timeouts.connect = read("connect", timeouts.connect);
  timeouts.first_byte = read("first_byte", timeouts.first_byte);
  timeouts.idle = read("idle", timeouts.idle);
  timeouts.total = read("total", timeouts.total);
  return timeouts;
}

}  // namespace

Settings read_settings(const boost::json::object& json) {
  const sdk::Config config(json);
  constexpr std::int64_t kMostTurns = 1'000'000;
  constexpr std::int64_t kMostRetries = 20;
  Settings settings;
  settings.api_key = config.text_or("api_key", "");
  settings.base_url = read_base_url(config);
  settings.model = config.text_or("model", "");
  settings.system_prompt = config.text_or("system_prompt", "");
  settings.headers = read_headers(config);
  settings.proxy = config.text_or("proxy", "");
  settings.ca_file = config.text_or("ca_file", "");
  const std::int64_t most = config.integer_or("max_output_tokens", 0, 0);
  if (most > 0) settings.max_output_tokens = most;
  settings.max_turns = static_cast<std::uint32_t>(config.integer_or("max_turns", 0, 0, kMostTurns));
  settings.max_retries = static_cast<std::uint32_t>(config.integer_or("max_retries", 2, 0, kMostRetries));
  settings.timeouts = read_timeouts(config);
  if (config.has("options")) settings.options = config.object("options").json();
  return settings;
}

}  // namespace asmgr::model_api
