// Checks the signature of a request that came, from the bytes that came and the rules of the specification; knows
// nothing of the code that signs.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/loopback_server.hpp"

namespace asmgr::s3_test {

struct Account {
  std::string access_key = "AKIAOFTHETESTS";
  std::string secret_key = "the/secret+of=the.tests,whichNobodySees";
  std::string session_token{};  // if not empty, requests must have it
  std::string region = "us-east-1";
};

// What of the request's first line is meant.
struct Target {
  std::string method;
  std::string path;  // decoded
  std::map<std::string, std::string> query;
};
[[nodiscard]] Target target_of(const asmgr_test::ReceivedRequest& request);

// A refusal, as S3 words them.
struct Refusal {
  int status = 0;  // 0 = all is well
  std::string code;
  std::string message;
};
[[nodiscard]] Refusal check_signature(const asmgr_test::ReceivedRequest& request, const Account& account);

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace asmgr::s3_test
