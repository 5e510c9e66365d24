// The configuration that all providers of model APIs have in common: its schema as text, and what it reads to.
#pragma once

#include <array>
#include <asmgr/toolkit/http.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr::model_api {

// Texts joined at compile time: `JoinedText<kA, kB>::kValue`. Each must be a constant with linkage.
template <const std::string_view&... Texts>
struct JoinedText {
 private:
  static constexpr std::size_t kSize = (Texts.size() + ... + 0);
  static constexpr std::array<char, kSize> join() noexcept {
    std::array<char, kSize> joined{};
    std::size_t at = 0;
    const auto append = [&](std::string_view text) {
      for (const char c : text) joined[at++] = c;
    };
    (append(Texts), ...);
    return joined;
  }
  static constexpr std::array<char, kSize> kChars = join();

 public:
  static constexpr std::string_view kValue{kChars.data(), kSize};
};

// A component's schema is kSchemaBegin, its own properties each followed by a comma, kSchemaEnd:
//   inline constexpr std::string_view kOwnKeys = R"json("api_key": {...}, "base_url": {...}, "model": {...},)json";
//   inline constexpr std::string_view kConfigSchema = JoinedText<kSchemaBegin, kOwnKeys, kSchemaEnd>::kValue;
// The own part must say `api_key` ("x-secret": true), `base_url` and `model`, which differ in their defaults.
inline constexpr std::string_view kSchemaBegin =
    R"json({"type": "object", "additionalProperties": false, "properties": {)json";
inline constexpr std::string_view kSchemaEnd = R"json(
    "headers": {"type": "object", "additionalProperties": {"type": "string", "x-secret": true}, "default": {},
      "description": "HTTP headers for every request, over those that the provider sets itself"},
    "max_output_tokens": {"type": "integer", "minimum": 0, "default": 0,
      "description": "The most tokens that one answer may have; 0 = what the API allows, or the provider's own default"},
    "proxy": {"type": "string", "default": "", "x-secret": true,
      "description": "URL of a proxy; empty = as http_proxy, https_proxy and no_proxy of the environment say"},
    "ca_file": {"type": "string", "default": "", "x-path": true,
      "description": "PEM file of the certificates to trust instead of the system's"},
    "max_retries": {"type": "integer", "minimum": 0, "maximum": 20, "default": 2,
      "description": "How often a request is sent again that was refused for now, before anything of its answer came"},
    "system_prompt": {"type": "string", "default": "",
      "description": "System prompt of runs whose options name none"},
    "max_turns": {"type": "integer", "minimum": 0, "default": 0,
      "description": "The most model calls that one run may make; 0 = no limit"},
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {},
      "description": "Every provider has this key; the host runs the tools here, and policies decide"},
    "timeouts": {"type": "object", "additionalProperties": false, "default": {},
      "description": "How long a model call may take; 0s = no limit",
      "properties": {
        "connect": {"type": "string", "x-unit": "duration", "default": "10s",
          "description": "Until the connection stands"},
        "first_byte": {"type": "string", "x-unit": "duration", "default": "2m",
          "description": "From the request until the answer begins"},
        "idle": {"type": "string", "x-unit": "duration", "default": "1m",
          "description": "Between two pieces of the answer"},
        "total": {"type": "string", "x-unit": "duration", "default": "0s",
          "description": "For the whole call, with all its retries"}}},
    "options": {"type": "object", "additionalProperties": true, "default": {},
      "description": "Merged into the body of every request, over what the provider puts there; null takes a member out"}
  }})json";

struct Settings {
  std::string api_key;
  std::string base_url;  // without a slash at its end
  std::string model;
  std::string system_prompt;
  http::Headers headers;
  std::string proxy;
  std::string ca_file;
  std::optional<std::int64_t> max_output_tokens;
  std::uint32_t max_turns = 0;  // 0 = no limit
  std::uint32_t max_retries = 2;
  http::Timeouts timeouts;
  boost::json::object options;
};

// Reads the common keys of a config block; others are the caller's to read. Throws sdk::StatusError (CONFIG_INVALID):
// also for a base_url that is not http:// or https://, and a header that is none.
[[nodiscard]] Settings read_settings(const boost::json::object& config);

}  // namespace asmgr::model_api
