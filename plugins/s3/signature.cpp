#include "signature.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "sha256.hpp"

namespace asmgr::s3_store {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kDaySize = 8;  // of "20130524T000000Z"

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_encoded(std::string& out, char c) {
  static constexpr std::string_view kUpperHex = "0123456789ABCDEF";
  out += '%';
  out += kUpperHex[static_cast<unsigned char>(c) >> 4];
  out += kUpperHex[static_cast<unsigned char>(c) & 15];
}

std::string in_small_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// Without blanks at the ends, and one in the place of several.
std::string with_single_blanks(std::string_view value) {
  std::string out;
  bool blank = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      blank = !out.empty();
      continue;
    }
    if (blank) out += ' ';
    blank = false;
    out += c;
  }
  return out;
}

NamedValues canonical_headers(const NamedValues& headers) {
  NamedValues canonical;
  for (const auto& [name, value] : headers) canonical.emplace_back(in_small_letters(name), with_single_blanks(value));
  std::sort(canonical.begin(), canonical.end());
  return canonical;
}

std::string signed_names(const NamedValues& canonical) {
  std::string names;
  for (const auto& header : canonical) names += (names.empty() ? "" : ";") + header.first;
  return names;
}

std::string scope_text(const SigningScope& scope, std::string_view date) {
  return std::string(date.substr(0, kDaySize)) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

std::string percent_encoded_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (is_unreserved(c) || c == '/') {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

std::string query_string(const NamedValues& query) {
  NamedValues encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(percent_encoded(name), percent_encoded(value));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  return text;
}

std::string amz_date(std::int64_t time_us) {
  const std::time_t seconds = static_cast<std::time_t>(time_us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return {text, size};
}

std::string canonical_request(const UnsignedRequest& request) {
  const NamedValues headers = canonical_headers(request.headers);
  std::string text = request.method + "\n" + request.path + "\n" + query_string(request.query) + "\n";
  for (const auto& [name, value] : headers) text.append(name).append(":").append(value).append("\n");
  return text + "\n" + signed_names(headers) + "\n" + request.payload_hash;
}

std::string string_to_sign(const UnsignedRequest& request, const SigningScope& scope, std::string_view date) {
  return std::string(kAlgorithm) + "\n" + std::string(date) + "\n" + scope_text(scope, date) + "\n" +
         hex(sha256_of(canonical_request(request)));
}

std::string authorization(const UnsignedRequest& request, const SigningScope& scope, const Credentials& credentials,
                          std::string_view date) {
  Digest key = hmac_sha256("AWS4" + credentials.secret_key, date.substr(0, kDaySize));
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = hmac_sha256(bytes_of(key), part);
  }
  const Digest signature = hmac_sha256(bytes_of(key), string_to_sign(request, scope, date));
  return std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" + scope_text(scope, date) +
         ",SignedHeaders=" + signed_names(canonical_headers(request.headers)) + ",Signature=" + hex(signature);
}

}  // namespace asmgr::s3_store
