// Amazon's Signature Version 4, as the header `authorization`: a function of the request, the key and the time, and of
// nothing else. Source: "AWS Signature Version 4 for API requests" and, for S3, "Authenticating Requests: Using the
// Authorization Header".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asmgr::s3_store {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // of temporary credentials; else empty
};

struct SigningScope {
  std::string region;
  std::string service;
};

struct UnsignedRequest {
  std::string method;
  std::string path;          // as it is sent: percent-encoded, begins with '/'
  NamedValues query;         // names and values as they are meant
  NamedValues headers;       // all that are to be signed, `host` and `x-amz-date` among them; names in any case
  std::string payload_hash;  // SHA-256 of the body in hexadecimal
};

// Everything but letters, digits, '-', '.', '_' and '~' becomes % and two capital hexadecimal digits.
[[nodiscard]] std::string percent_encoded(std::string_view text);
// The same, with the slashes of a path left alone.
[[nodiscard]] std::string percent_encoded_path(std::string_view path);
// In the order of the signature, which is also how it is to be sent: "a=1&b=%20".
[[nodiscard]] std::string query_string(const NamedValues& query);

// "20130524T000000Z", from microseconds since 1970.
[[nodiscard]] std::string amz_date(std::int64_t time_us);

[[nodiscard]] std::string canonical_request(const UnsignedRequest& request);
// `date` as amz_date() writes it.
[[nodiscard]] std::string string_to_sign(const UnsignedRequest& request, const SigningScope& scope,
                                         std::string_view date);
// The value of the header `authorization`. It holds the access key, and a signature made with the secret one.
[[nodiscard]] std::string authorization(const UnsignedRequest& request, const SigningScope& scope,
                                        const Credentials& credentials, std::string_view date);

}  // namespace asmgr::s3_store
