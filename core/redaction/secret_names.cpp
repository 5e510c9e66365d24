#include "core/redaction/secret_names.hpp"

#include "core/redaction/char_class.hpp"

namespace asmgr::redaction {
namespace {

constexpr std::size_t kLongestIdentifier = 64;

// A name stands before those that are an ending of it.
constexpr SecretName kNames[] = {
    {"password", Category::password},
    {"passphrase", Category::password},
    {"passwd", Category::password},
    {"pwd", Category::password},
    {"secretaccesskey", Category::aws_secret_key},
    {"secretkeybase", Category::env_secret},
    {"encryptionkey", Category::env_secret},
    {"databaseurl", Category::env_secret},
    {"redisurl", Category::env_secret},
    {"privatekey", Category::private_key},
    {"apikey", Category::api_key_generic},
    {"secretkey", Category::secret_key},
    {"clientsecret", Category::secret_key},
    {"secret", Category::secret_key, true},
    {"accesstoken", Category::access_token},
    {"refreshtoken", Category::access_token},
    {"sessiontoken", Category::access_token},
    {"securitytoken", Category::access_token},
    {"idtoken", Category::access_token},
    {"authtoken", Category::auth_token},
    {"bearertoken", Category::auth_token},
    {"authorization", Category::authorization},
};

// By their last two letters, without which most identifiers are told apart from a name.
constexpr bool may_end_a_name(std::string_view identifier) noexcept {
  char last[2] = {0, 0};
  std::size_t count = 0;
  for (std::size_t i = identifier.size(); i > 0 && count < 2; --i) {
    const char c = identifier[i - 1];
    if (c != '_' && c != '-') last[1 - count++] = to_lower(c);
  }
  constexpr std::string_view kEndings = "rd wd se ey rl et en on";
  for (std::size_t i = 0; i < kEndings.size(); i += 3) {
    if (last[0] == kEndings[i] && last[1] == kEndings[i + 1]) return true;
  }
  return false;
}

constexpr bool endings_are_known() {
  for (const SecretName& name : kNames) {
    if (!may_end_a_name(name.name)) return false;
  }
  return true;
}
static_assert(endings_are_known());

std::string_view identifier_at_end(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && length < kLongestIdentifier &&
         is_in(text[text.size() - 1 - length], CharClass::base64url)) {
    ++length;
  }
  return text.substr(text.size() - length);
}

}  // namespace

const SecretName* secret_name_at_end(std::string_view text) noexcept {
  if (text.empty()) return nullptr;
  const std::string_view identifier = identifier_at_end(text);
  if (!may_end_a_name(identifier) || identifier == "PWD" || identifier == "OLDPWD") return nullptr;
  char plain[kLongestIdentifier];
  std::size_t length = 0;
  for (const char c : identifier) {
    if (c != '_' && c != '-') plain[length++] = to_lower(c);
  }
  const std::string_view name(plain, length);
  for (const SecretName& known : kNames) {
    if (name.ends_with(known.name)) return &known;
  }
  return nullptr;
}

}  // namespace asmgr::redaction
