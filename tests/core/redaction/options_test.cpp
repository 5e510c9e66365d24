// What an operator may say, and what is refused.
#include <gtest/gtest.h>

#include "redaction_fixture.hpp"

namespace asmgr::test {
namespace {

Error error_of(RedactionOptions options) {
  auto redactor = Redactor::make(std::move(options));
  EXPECT_FALSE(redactor);
  return redactor ? Error() : redactor.error();
}

Error error_of_pattern(std::string regex) {
  RedactionOptions options;
  options.patterns = {{"fine", "fine[0-9]"}, {"ticket", std::move(regex)}};
  return error_of(options);
}

TEST(RedactionOptions, ExtraPatternsAddToTheBuiltIn) {
  RedactionOptions options;
  options.replacement = "categorized";
  options.patterns = {{"ticket", "ACME-[0-9]{6}"}, {"custom", "\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b"}};
  const Redactor redactor = make_redactor(options);
  EXPECT_EQ(redactor.redact_text("ACME-123456 and 123-45-6789, " + kAwsKey).text,
            "[REDACTED:ticket] and [REDACTED:custom], [REDACTED:aws_access_key]");
  EXPECT_EQ(redactor.redact_text("ACME-12345 and x123-45-6789").text, "ACME-12345 and x123-45-6789");
}

TEST(RedactionOptions, ExtraPatternsKnowWhereTheTextBeginsAndEnds) {
  RedactionOptions options;
  options.patterns = {
      {"custom", "^acme[0-9]"}, {"custom", "\\Bend$"}, {"custom", "(?i)mixed[a-z]"}, {"custom", "[^a-z ]Q"}};
  const Redactor redactor = make_redactor(options);
  EXPECT_EQ(redactor.redact_text("acme1 acme2").text, "[REDACTED] acme2");
  EXPECT_EQ(redactor.redact_text("end xend").text, "end x[REDACTED]");
  EXPECT_EQ(redactor.redact_text("MiXeDx").text, "[REDACTED]");
  EXPECT_EQ(redactor.redact_text("aQ \xc3\xa9Q").text, "aQ [REDACTED]");
}

TEST(RedactionOptions, OneMatchOfAPatternDoesNotOverlapTheNext) {
  RedactionOptions options;
  options.patterns = {{"pair", "[0-9]{2}"}};
  const Redactor redactor = make_redactor(options);
  EXPECT_EQ(redactor.redact_text("12345").text, "[REDACTED][REDACTED]5");
}

TEST(RedactionOptions, KnownSecretsAreExactAndOfSixBytesOrMore) {
  RedactionOptions options;
  options.known_secrets = {"s3cr3t", "short", "line\nbreak\"quote"};
  const Redactor redactor = make_redactor(options);
  EXPECT_EQ(redactor.redact_text("xs3cr3tx short S3CR3T line\nbreak\"quote").text,
            "x[REDACTED]x short S3CR3T [REDACTED]");
}

TEST(RedactionOptions, AKnownSecretThatIsLongIsReplacedWhole) {
  RedactionOptions options;
  options.known_secrets = {std::string(300, 'k') + "END"};
  const Redactor redactor = make_redactor(options);
  EXPECT_EQ(redactor.redact_text("<" + options.known_secrets[0] + ">").text, "<[REDACTED]>");
}

TEST(RedactionOptions, DisabledTouchesNothing) {
  RedactionOptions options;
  options.enabled = false;
  const Redactor redactor = make_redactor(options);
  EXPECT_EQ(redactor.redact_text("password=x").text, "password=x");
  boost::json::object object{{"password", "x"}};
  EXPECT_EQ(redactor.redact_json(object), 0U);
  EXPECT_FALSE(redactor.redact_event_data(EventType::message_sent, R"({"password":"x"})"));
  StreamRedactor stream(redactor);
  EXPECT_EQ(stream.feed("password=x ghp_"), "password=x ghp_");
}

TEST(RedactionOptions, TheReplacementIsTheOperators) {
  RedactionOptions options;
  options.replacement = "\xe2\x96\x88";
  EXPECT_EQ(make_redactor(options).redact_text("pwd=x").text, "pwd=\xe2\x96\x88");
  options.replacement = "";
  EXPECT_EQ(
      error_of(options).to_string(),
      "[config_invalid] redaction.replacement cannot be used: it must be 1 to 256 bytes of UTF-8, but has 0; write "
      "\"[REDACTED]\", \"categorized\" or a text of your own");
}

TEST(RedactionOptions, APatternThatIsBrokenIsNamedWithTheReason) {
  EXPECT_EQ(error_of_pattern("[a").to_string(),
            "[config_invalid] redaction.patterns[1] ('ticket', regex '[a') cannot be used: missing ]: [a");
  EXPECT_EQ(
      error_of_pattern("").to_string(),
      "[config_invalid] redaction.patterns[1] ('ticket', regex '') cannot be used: it is empty; give an expression or "
      "take the entry away");
  EXPECT_EQ(
      error_of_pattern("a*").to_string(),
      "[config_invalid] redaction.patterns[1] ('ticket', regex 'a*') cannot be used: it matches the empty text, so "
      "every place; let it need at least one character");
  EXPECT_EQ(
      error_of_pattern("(?<=x)y").to_string(),
      "[config_invalid] redaction.patterns[1] ('ticket', regex '(?<=x)y') cannot be used: '(?<' is look-ahead, "
      "look-behind or an atomic group, which a matcher of linear time does not have; write what stands around the "
      "secret as part of the pattern, or use \\b");
  EXPECT_NE(error_of_pattern("(a)\\1").message().find("invalid escape sequence: \\1"), std::string::npos);
  EXPECT_NE(error_of_pattern("\xff").message().find("it is no UTF-8"), std::string::npos);
}

TEST(RedactionOptions, ACategoryIsAPlainName) {
  RedactionOptions options;
  options.patterns = {{"my category]", "abc"}};
  EXPECT_NE(error_of(options).message().find("its category must be"), std::string::npos);
}

}  // namespace
}  // namespace asmgr::test
