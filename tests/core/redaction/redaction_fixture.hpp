// Redactors and secrets for the tests. No secret here opens anything.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/redaction/redactor.hpp"
#include "core/redaction/stream_redactor.hpp"

namespace asmgr::test {

inline Redactor make_redactor(RedactionOptions options = {}) {
  auto redactor = Redactor::make(std::move(options));
  if (!redactor) {
    ADD_FAILURE() << redactor.error().to_string();
    std::abort();
  }
  return std::move(*redactor);
}

inline std::string categorized(std::string_view text) {
  RedactionOptions options;
  options.replacement = "categorized";
  return make_redactor(options).redact_text(text).text;
}

// In pieces, so that no scanner of repositories takes them for real ones.
inline const std::string kAwsKey = std::string("AKIA") + "IOSFODNN7EXAMPLE";
inline const std::string kGcpKey = std::string("AIza") + "SyA0bCdEfGhIjKlMnOpQrStUvWxYz012345";
inline const std::string kAnthropicKey = std::string("sk-ant-") + "api03-Zq8_x7Kd-2LmNpQrStUvWxYz0123456789abcdef";
inline const std::string kOpenAiKey = std::string("sk-proj-") + "Ab12Cd34Ef56Gh78Ij90Kl12Mn34";
inline const std::string kOldOpenAiKey = std::string("sk-") + "Ab12Cd34Ef56Gh78Ij90T3BlbkFJKl12Mn34Op56Qr78St90";
inline const std::string kGithubKey = std::string("ghp_") + "0123456789abcdefghijABCDEFGHIJ012345";
inline const std::string kGithubFineKey = std::string("github_pat_") + "11ABCDEFG0abcdefghij_klmnopqrstuvwxyz";
inline const std::string kGitlabKey = std::string("glpat-") + "AbCdEfGhIjKlMnOpQrSt";
inline const std::string kJwt = std::string("eyJ") +
                                "hbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."
                                "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
inline const std::string kPemBody = "MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buWHVBvIiBuT9Uwy0jIrTyuCIkGdA";
inline const std::string kPem =
    "-----BEGIN RSA PRIVATE KEY-----\n" + kPemBody + "\n" + kPemBody + "\nqw==\n-----END RSA PRIVATE KEY-----";

}  // namespace asmgr::test
