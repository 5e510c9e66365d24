// What kinds of secrets are told apart.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace asmgr::redaction {

// Where two finds begin at the same byte, the one first in this list gives its name. Extra patterns follow after it.
enum class Category : std::uint16_t {
  aws_access_key,
  gcp_api_key,
  anthropic_key,
  openai_key,
  openai_legacy_key,
  github_pat,
  github_oauth,
  github_app,
  github_refresh,
  github_fine_pat,
  gitlab_token,
  jwt_token,
  private_key,
  connection_string,
  aws_secret_key,
  env_secret,
  password,
  api_key_generic,
  secret_key,
  access_token,
  auth_token,
  authorization,
  bearer_token,
  known_secret,
  overlong,
  count,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Category::count)> kCategoryNames{
    "aws_access_key", "gcp_api_key",   "anthropic_key",   "openai_key",        "openai_legacy_key",
    "github_pat",     "github_oauth",  "github_app",      "github_refresh",    "github_fine_pat",
    "gitlab_token",   "jwt_token",     "private_key",     "connection_string", "aws_secret_key",
    "env_secret",     "password",      "api_key_generic", "secret_key",        "access_token",
    "auth_token",     "authorization", "bearer_token",    "known_secret",      "overlong",
};

}  // namespace asmgr::redaction
