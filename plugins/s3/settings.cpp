#include "settings.hpp"

#include <algorithm>

namespace asmgr::s3_store {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;
constexpr std::size_t kLongestPrefix = 256;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool consists_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alphanumeric(c) || others.find(c) != std::string_view::npos; });
}

// What stands behind the last colon of a host; empty when there is none. "[::1]" has colons of its own.
std::string_view port_of(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool is_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  return is_port ? host.substr(colon + 1) : std::string_view();
}

void read_endpoint(const sdk::Config& config, Settings& settings) {
  const std::string text = config.text_or("endpoint", "");
  if (text.empty()) {
    settings.scheme = "https";
    settings.host = "s3." + settings.scope.region + ".amazonaws.com";
    return;
  }
  const std::size_t colon = text.find("://");
  settings.scheme = text.substr(0, colon);
  settings.host = colon == std::string::npos ? "" : text.substr(colon + 3);
  if (settings.host.ends_with('/')) settings.host.pop_back();
  // Without '@' nobody can put a password there, which would be shown in errors.
  const bool is_host = !settings.host.empty() && consists_of(settings.host, ".-_:[]");
  if ((settings.scheme != "http" && settings.scheme != "https") || !is_host)
    config.fail("endpoint", "must be http://HOST[:PORT] or https://HOST[:PORT] and nothing behind it");
  const std::string_view usual = settings.scheme == "http" ? "80" : "443";
  if (port_of(settings.host) == usual) settings.host.resize(settings.host.size() - usual.size() - 1);
}

void read_bucket(const sdk::Config& config, Settings& settings) {
  settings.bucket = config.text("bucket");
  const std::string& name = settings.bucket;
  if (name.size() < 3 || name.size() > 63 || !consists_of(name, ".-_") || !is_alphanumeric(name.front()))
    config.fail("bucket", "is no name of a bucket: 3 to 63 letters, digits and - _ . beginning with a letter or digit");
  settings.path_style = config.flag_or("path_style", !config.text_or("endpoint", "").empty());
  if (!settings.path_style && settings.scheme == "https" && name.find('.') != std::string::npos)
    config.fail("path_style",
                "must be true for a bucket with a dot in its name: no certificate is good for BUCKET.HOST");
}

// So that nothing on the way makes another path of it.
void read_prefix(const sdk::Config& config, Settings& settings) {
  settings.prefix = config.text_or("prefix", "");
  const std::string& prefix = settings.prefix;
  if (prefix.size() > kLongestPrefix || !consists_of(prefix, "-_./="))
    config.fail("prefix", "may have letters, digits and - _ . / = only, and at most 256 of them");
  const std::string framed = "/" + prefix + (prefix.empty() || prefix.ends_with('/') ? "" : "/");
  for (const std::string_view wrong : {"//", "/./", "/../"}) {
    if (framed.find(wrong) != std::string::npos)
      config.fail("prefix", "must not begin with '/' and must have no empty step and none that is '.' or '..'");
  }
}

void read_credentials(const sdk::Config& config, Settings& settings) {
  settings.credentials.access_key = config.text("access_key");
  settings.credentials.secret_key = config.text("secret_key");
  settings.credentials.session_token = config.text_or("session_token", "");
  const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
  const auto check = [&](const char* key, const std::string& value, bool may_be_empty) {
    if (value.empty() && may_be_empty) return;
    if (value.empty() || !std::all_of(value.begin(), value.end(), is_visible))
      config.fail(key, "is empty, or has a blank, a line break or another character that no key has");
  };
  check("access_key", settings.credentials.access_key, false);
  check("secret_key", settings.credentials.secret_key, false);
  check("session_token", settings.credentials.session_token, true);
}

}  // namespace

Settings read_settings(const sdk::Config& config) {
  Settings settings;
  settings.scope = {config.text_or("region", "us-east-1"), "s3"};
  if (settings.scope.region.empty() || !consists_of(settings.scope.region, "-_"))
    config.fail("region", "is no name of a region, such as eu-central-1");
  read_endpoint(config, settings);
  read_bucket(config, settings);
  read_prefix(config, settings);
  read_credentials(config, settings);
  settings.ca_file = config.text_or("ca_file", "");
  const auto eight = static_cast<std::int64_t>(8 * kMebibyte);
  const auto least = static_cast<std::int64_t>(5 * kMebibyte);
  const auto most = static_cast<std::int64_t>(1024 * kMebibyte);
  settings.part_size = static_cast<std::size_t>(config.integer_or("part_size", eight, least, most));
  settings.timeout = std::chrono::milliseconds(config.integer_or("timeout", 30'000, 100, 3'600'000));
  return settings;
}

}  // namespace asmgr::s3_store
