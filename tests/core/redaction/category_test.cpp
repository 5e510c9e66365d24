// What is found in text, by category, and what is not.
#include <gtest/gtest.h>

#include "redaction_fixture.hpp"

namespace asmgr::test {
namespace {

struct Case {
  std::string text;
  std::string expected;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& one : cases) EXPECT_EQ(categorized(one.text), one.expected) << one.text;
}

void expect_untouched(const std::vector<std::string>& texts) {
  const Redactor redactor = make_redactor();
  for (const std::string& text : texts) {
    const RedactedText redacted = redactor.redact_text(text);
    EXPECT_EQ(redacted.text, text);
    EXPECT_EQ(redacted.count, 0U) << text;
  }
}

TEST(RedactedCategories, TokensAreKnownByTheirBeginning) {
  expect_all({
      {"id " + kAwsKey + ".", "id [REDACTED:aws_access_key]."},
      {"x=" + kGcpKey + " ", "x=[REDACTED:gcp_api_key] "},
      {"use " + kAnthropicKey + "!", "use [REDACTED:anthropic_key]!"},
      {"(" + kOpenAiKey + ")", "([REDACTED:openai_key])"},
      {"key " + kOldOpenAiKey, "key [REDACTED:openai_legacy_key]"},
      {kGithubKey, "[REDACTED:github_pat]"},
      {"gho_" + kGithubKey.substr(4), "[REDACTED:github_oauth]"},
      {"ghs_" + kGithubKey.substr(4), "[REDACTED:github_app]"},
      {"ghr_" + kGithubKey.substr(4), "[REDACTED:github_refresh]"},
      {"a " + kGithubFineKey + "\n", "a [REDACTED:github_fine_pat]\n"},
      {"'" + kGitlabKey + "'", "'[REDACTED:gitlab_token]'"},
      {"jwt " + kJwt + " ok", "jwt [REDACTED:jwt_token] ok"},
  });
}

TEST(RedactedCategories, TokensBehindAnEscapeAreFound) {
  expect_all({
      {R"(line\n)" + kAnthropicKey, R"(line\n[REDACTED:anthropic_key])"},
      {"key%3D" + kGithubKey, "key%3D[REDACTED:github_pat]"},
      {"_" + kAnthropicKey, "_[REDACTED:anthropic_key]"},
  });
}

TEST(RedactedCategories, BearerTokensLoseTheTokenOnly) {
  expect_all({
      {"use Bearer abcdefghijklmnopqrst now", "use Bearer [REDACTED:bearer_token] now"},
      {"BEARER  abc.def-ghi_jkl~mno+pqr/stu==", "BEARER  [REDACTED:bearer_token]"},
      {"curl -H 'Authorization: Bearer abcdefghijklmnopqrst' x", "curl -H 'Authorization: [REDACTED:authorization]' x"},
      {"Authorization: Basic dXNlcjpwYXNz\r\nHost: a", "Authorization: [REDACTED:authorization]\r\nHost: a"},
  });
}

TEST(RedactedCategories, ValuesOfSecretNamesAreReplacedAndTheNamesStay) {
  expect_all({
      {"password=hunter2 user=bob", "password=[REDACTED:password] user=bob"},
      {"password=x", "password=[REDACTED:password]"},
      {"DB_PASSWORD = hunter2\nDB_USER=bob", "DB_PASSWORD = [REDACTED:password]\nDB_USER=bob"},
      {"Passwd: hunter2", "Passwd: [REDACTED:password]"},
      {"pwd=hunter2", "pwd=[REDACTED:password]"},
      {"password := \"a b c\"", "password := \"[REDACTED:password]\""},
      {"api_key='abc'", "api_key='[REDACTED:api_key_generic]'"},
      {"X-Api-Key: abc", "X-Api-Key: [REDACTED:api_key_generic]"},
      {"OPENAI_APIKEY=abc", "OPENAI_APIKEY=[REDACTED:api_key_generic]"},
      {"secret_key=abc", "secret_key=[REDACTED:secret_key]"},
      {"client-secret: abc", "client-secret: [REDACTED:secret_key]"},
      {"access_token=abc", "access_token=[REDACTED:access_token]"},
      {"authToken => abc", "authToken => [REDACTED:auth_token]"},
      {"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7", "AWS_SECRET_ACCESS_KEY=[REDACTED:aws_secret_key]"},
      {"SECRET_KEY_BASE=abc", "SECRET_KEY_BASE=[REDACTED:env_secret]"},
      {"ENCRYPTION_KEY=abc", "ENCRYPTION_KEY=[REDACTED:env_secret]"},
      {"DATABASE_URL=postgres://h/db", "DATABASE_URL=[REDACTED:env_secret]"},
      {"config[\"password\"] = \"hunter2\"", "config[\"password\"] = \"[REDACTED:password]\""},
      {"password=a,b;c", "password=[REDACTED:password]"},
  });
}

TEST(RedactedCategories, JsonInTextLosesItsSecretValuesAndStaysJson) {
  expect_all({
      {R"({"password":"hunter2","user":"bob"})", R"({"password":"[REDACTED:password]","user":"bob"})"},
      {R"({"api_key": "a\"b\\", "n": 1})", R"({"api_key": "[REDACTED:api_key_generic]", "n": 1})"},
      {R"({\"password\":\"hunter2\",\"user\":\"bob\"})", R"({\"password\":\"[REDACTED:password]\",\"user\":\"bob\"})"},
      {R"({\"password\":\"a\\\"b\",\"user\":\"bob\"})", R"({\"password\":\"[REDACTED:password]\",\"user\":\"bob\"})"},
      {R"({\"cmd\":\"login password=hunter2\",\"n\":1})",
       R"({\"cmd\":\"login password=[REDACTED:password]\",\"n\":1})"},
      {R"({'password': 'a b'})", R"({'password': '[REDACTED:password]'})"},
  });
}

TEST(RedactedCategories, ConnectionStringsKeepSchemeAndHost) {
  expect_all({
      {"postgres://bob:hunter2@db.example/app?x=1", "postgres://[REDACTED:connection_string]@db.example/app?x=1"},
      {"redis://:hunter2@cache:6379", "redis://[REDACTED:connection_string]@cache:6379"},
      {"mysql://bob:p@ss/w0rd?@db/app", "mysql://[REDACTED:connection_string]@db/app"},
      {"https://bob:hunter2@git.example/a@b", "https://[REDACTED:connection_string]@git.example/a@b"},
      {"https://0123456789abcdef0123@github.com/a", "https://[REDACTED:connection_string]@github.com/a"},
      {"see amqp://a:b@h, then", "see amqp://[REDACTED:connection_string]@h, then"},
  });
}

TEST(RedactedCategories, WholePemBlocksGo) {
  std::string escaped = kPem;
  for (std::size_t at = 0; (at = escaped.find('\n', at)) != std::string::npos; at += 2) escaped.replace(at, 1, "\\n");
  std::string one_line = kPem;
  for (char& c : one_line) c = c == '\n' ? ' ' : c;
  expect_all({
      {"key:\n" + kPem + "\nend", "key:\n[REDACTED:private_key]\nend"},
      {"key: '" + escaped + "' end", "key: '[REDACTED:private_key]' end"},
      {one_line + " end", "[REDACTED:private_key] end"},
      {"-----BEGIN OPENSSH PRIVATE KEY-----\n" + kPemBody, "[REDACTED:private_key]"},
      {"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nabc\n-----END EC PRIVATE KEY-----.",
       "[REDACTED:private_key]."},
      {"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + kPemBody + "\n-----END PGP PRIVATE KEY BLOCK-----",
       "[REDACTED:private_key]"},
      {"a line -----BEGIN RSA PRIVATE KEY----- begins a key", "a line [REDACTED:private_key] begins a key"},
  });
}

TEST(RedactedCategories, OrdinaryTextIsUntouched) {
  expect_untouched({
      "",
      "a sketch-ant, a task-ant-farm-with-many-words-in-it-and-more",
      "task-" + std::string(40, 'a') + " disk-0123456789012345678901234567890123456789ab",
      "The password manager keeps passwords. Your password, please. No password?",
      "Ask the bearer of this letter; bearer bonds; Bearer short",
      "The secret: patience. An api key is needed. Authorization is required.",
      "ses_01HZX4M8Q3V7 run_01HZX4M8Q3V8 evt_01HZX4M8Q3V9",
      "550e8400-e29b-41d4-a716-446655440000 e5dc46c0a1b2c3d4e5f60718293a4b5c6d7e8f90",
      "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4eyJhAKIA/sk+AIza/gho",
      "https://example.com/a?b=c#d http://localhost:8080/x@y ssh://git@github.com/a mailto:bob@example.com",
      "postgres://localhost:5432/app?mail=a@b.com postgres://bob@db/app",
      "PWD=/home/bob OLDPWD=/tmp",
      "Password::check(secret::value) if (password != x) max_tokens: 4096",
      R"({"password": null, "secret": {"a": 1}, "api_key": 12, "auth_token": true})",
      "password: null\npassword = None\npassword:\n  nested: 1",
      "password=\"\" password='' password=",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n----- ------- ---",
      "eyJhbGciOiJub25lIn0 and eyJhbGciOiJub25lIn0.short",
      "AKIA and AKIASHORT, sk-, ghp_short, AIzaShort",
      "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
  });
}

TEST(RedactedCategories, BytesThatAreNoUtf8DoNotMatter) {
  EXPECT_EQ(categorized("\xff\xfe password=\xff\x80x \xc3"), "\xff\xfe password=[REDACTED:password] \xc3");
  EXPECT_EQ(categorized(std::string("\0", 1) + kAwsKey + "\xff"),
            std::string("\0", 1) + "[REDACTED:aws_access_key]\xff");
}

TEST(RedactedText, CountsWhatWasReplaced) {
  const RedactedText redacted = make_redactor().redact_text(kAwsKey + " " + kGithubKey + " password=x");
  EXPECT_EQ(redacted.text, "[REDACTED] [REDACTED] password=[REDACTED]");
  EXPECT_EQ(redacted.count, 3U);
}

TEST(RedactedText, OfRedactedTextIsItself) {
  const Redactor redactor = make_redactor();
  const std::string once = redactor.redact_text("password=x {\"api_key\":\"y\"} postgres://a:b@h " + kPem).text;
  const RedactedText twice = redactor.redact_text(once);
  EXPECT_EQ(twice.text, once);
  EXPECT_EQ(twice.count, 0U);
}

TEST(RedactedText, SecretsThatOverlapAreOne) {
  RedactionOptions options;
  options.known_secrets = {"x,y secret z"};
  const Redactor redactor = make_redactor(options);
  EXPECT_EQ(redactor.redact_text("password=x,y secret z end").text, "password=[REDACTED] end");
  EXPECT_EQ(redactor.redact_text("password=" + kAnthropicKey).text, "password=[REDACTED]");
  EXPECT_EQ(redactor.redact_text("password=" + kAnthropicKey).count, 1U);
}

TEST(RedactedText, BackToBackSecretsAreTwo) {
  EXPECT_EQ(make_redactor().redact_text(kAwsKey.substr(0, 20) + kGithubKey).text, "[REDACTED]" + kGithubKey)
      << "a letter before ghp_ makes it part of a word";
  EXPECT_EQ(make_redactor().redact_text(kPem + kPem).count, 2U);
}

}  // namespace
}  // namespace asmgr::test
