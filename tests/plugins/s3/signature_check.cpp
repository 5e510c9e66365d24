#include "tests/plugins/s3/signature_check.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sstream>

namespace asmgr::s3_test {
namespace {

constexpr int kMostSkew = 15 * 60;

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
    text += digits;
  }
  return text;
}

std::string keyed_hash(const std::string& key, const std::string& text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out, &size);
  return {reinterpret_cast<char*>(out), size};
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return out;
}

// "METHOD PATH?QUERY HTTP/1.1"
struct FirstLine {
  std::string method;
  std::string path;
  std::string query;
};

FirstLine first_line_of(const asmgr_test::ReceivedRequest& request) {
  const std::vector<std::string> words = split(request.line(), ' ');
  const std::string& target = words.at(1);
  const std::size_t mark = target.find('?');
  return {words.at(0), target.substr(0, mark), mark == std::string::npos ? "" : target.substr(mark + 1)};
}

// What stands behind `name=` in the header `authorization`.
std::string field_of(const std::string& authorization, const std::string& name) {
  const std::size_t at = authorization.find(name + "=");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 1;
  return authorization.substr(from, authorization.find_first_of(", ", from) - from);
}

std::string trimmed_value(std::string value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == '\r')) value.pop_back();
  return value;
}

std::string canonical_text(const asmgr_test::ReceivedRequest& request, const std::string& signed_headers) {
  const FirstLine line = first_line_of(request);
  std::vector<std::string> pairs = split(line.query, '&');
  std::sort(pairs.begin(), pairs.end());
  std::string text = line.method + "\n" + line.path + "\n";
  for (const std::string& pair : pairs) text += (pair == pairs.front() ? "" : "&") + pair;
  text += "\n";
  for (const std::string& name : split(signed_headers, ';'))
    text += name + ":" + trimmed_value(request.header(name)) + "\n";
  return text + "\n" + signed_headers + "\n" + request.header("x-amz-content-sha256");
}

std::time_t time_of(const std::string& date) {
  std::tm parts{};
  return strptime(date.c_str(), "%Y%m%dT%H%M%SZ", &parts) == nullptr ? 0 : timegm(&parts);
}

// All x-amz- headers and the host have to be signed, else somebody on the way could change them.
bool all_that_matters_is_signed(const asmgr_test::ReceivedRequest& request, const std::string& signed_headers) {
  const std::vector<std::string> names = split(signed_headers, ';');
  const auto is_signed = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!is_signed("host")) return false;
  for (const std::string& line : split(request.head, '\n')) {
    const std::string name = line.substr(0, line.find(':'));
    if (name.starts_with("x-amz-") && !is_signed(name)) return false;
  }
  return true;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out, &size, EVP_sha256(), nullptr);
  return to_hex(out, size);
}

Target target_of(const asmgr_test::ReceivedRequest& request) {
  const FirstLine line = first_line_of(request);
  Target target{line.method, decoded(line.path), {}};
  for (const std::string& pair : split(line.query, '&')) {
    const std::size_t equals = pair.find('=');
    target.query[decoded(pair.substr(0, equals))] = equals == std::string::npos ? "" : decoded(pair.substr(equals + 1));
  }
  return target;
}

Refusal check_signature(const asmgr_test::ReceivedRequest& request, const Account& account) {
  const std::string authorization = request.header("authorization");
  if (!authorization.starts_with("AWS4-HMAC-SHA256 ")) return {403, "AccessDenied", "Access Denied"};
  const std::vector<std::string> scope = split(field_of(authorization, "Credential"), '/');
  if (scope.size() != 5 || scope[0] != account.access_key)
    return {403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."};
  if (scope[2] != account.region)
    return {400, "AuthorizationHeaderMalformed",
            "the region '" + scope[2] + "' is wrong; expecting '" + account.region + "'"};
  const std::string date = request.header("x-amz-date");
  if (std::llabs(static_cast<long long>(time_of(date)) - static_cast<long long>(std::time(nullptr))) > kMostSkew)
    return {403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."};
  if (request.header("x-amz-security-token") != account.session_token)
    return {400, "InvalidToken", "The provided token is malformed or otherwise invalid."};
  const std::string names = field_of(authorization, "SignedHeaders");
  if (!all_that_matters_is_signed(request, names)) return {403, "AccessDenied", "There were headers not signed"};
  std::string key = keyed_hash("AWS4" + account.secret_key, date.substr(0, 8));
  for (const std::string& part : {account.region, std::string("s3"), std::string("aws4_request")})
    key = keyed_hash(key, part);
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + date + "\n" + date.substr(0, 8) + "/" + account.region +
                              "/s3/aws4_request\n" + sha256_hex(canonical_text(request, names));
  const std::string wanted = keyed_hash(key, to_sign);
  if (to_hex(reinterpret_cast<const unsigned char*>(wanted.data()), wanted.size()) !=
      field_of(authorization, "Signature"))
    return {403, "SignatureDoesNotMatch", "The request signature we calculated does not match"};
  if (request.header("x-amz-content-sha256") != sha256_hex(request.body))
    return {400, "XAmzContentSHA256Mismatch", "The provided header does not match what was computed."};
  return {};
}

}  // namespace asmgr::s3_test
