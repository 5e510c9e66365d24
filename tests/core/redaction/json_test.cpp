// JSON: values, raw text and event data.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <random>

#include "core/model/json.hpp"
#include "redaction_fixture.hpp"

namespace asmgr::test {
namespace {

std::string redacted(const Redactor& redactor, std::string_view json, std::size_t count) {
  auto object = parse_json_object(json, "test");
  EXPECT_TRUE(object) << json;
  EXPECT_EQ(redactor.redact_json(*object), count) << json;
  // Every door gives the same answer.
  const auto text = redactor.redact_json_text(json);
  EXPECT_EQ(text.has_value(), count > 0) << json;
  if (text) {
    EXPECT_EQ(text->text, to_text(*object));
    EXPECT_EQ(text->count, count);
  }
  return to_text(*object);
}

TEST(RedactedJson, ValuesOfSecretKeysAreReplacedWholeAtAnyDepth) {
  const Redactor redactor = make_redactor();
  EXPECT_EQ(
      redacted(redactor, R"({"password":"two words","a":{"b":[{"Api-Key":"x"},["y"]]},"client_secret":["p","q"]})", 4),
      R"({"password":"[REDACTED]","a":{"b":[{"Api-Key":"[REDACTED]"},["y"]]},"client_secret":["[REDACTED]","[REDACTED]"]})");
  for (const char* key :
       {"password", "passwd", "pwd", "secret", "api_key", "apikey", "apiKey", "access_token", "auth-token",
        "Authorization", "private_key", "client_secret", "DB_PASSWORD", "refresh_token"}) {
    const std::string json = std::string("{\"") + key + "\":\"v\"}";
    EXPECT_EQ(redacted(redactor, json, 1), std::string("{\"") + key + "\":\"[REDACTED]\"}");
  }
}

TEST(RedactedJson, NumbersBooleansNullAndKeysStay) {
  const Redactor redactor = make_redactor();
  const std::string json =
      R"({"password":1,"secret":true,"api_key":null,"access_token":1.5,"pwd":"","password=x":"y","auth_token":{"n":2}})";
  EXPECT_EQ(redacted(redactor, json, 0), json);
}

TEST(RedactedJson, StringsAreScannedAsText) {
  const Redactor redactor = make_redactor();
  EXPECT_EQ(redacted(redactor, R"({"content":"a password=x, \"b\"","out":"{\"token\":1,\"password\":\"x\"}"})", 2),
            R"({"content":"a password=[REDACTED] \"b\"","out":"{\"token\":1,\"password\":\"[REDACTED]\"}"})");
}

TEST(RedactedJson, EscapesHideNothing) {
  const Redactor redactor = make_redactor();
  EXPECT_EQ(redacted(redactor, R"({"pass\u0077ord":"x"})", 1), R"({"password":"[REDACTED]"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"\u0041KIA)" + kAwsKey.substr(4) + "\"}", 1), R"({"a":"[REDACTED]"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"redis:\/\/:hunter2@h"})", 1), R"({"a":"redis://[REDACTED]@h"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"password\t=\tx"})", 1), R"({"a":"password\t=\t[REDACTED]"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"bearer\tabcdefghijklmnopqrst"})", 1), R"({"a":"bearer\t[REDACTED]"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"x\n)" + kAnthropicKey + "\"}", 1), R"({"a":"x\n[REDACTED]"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"C:\\users\\u0041\\n"})", 0), R"({"a":"C:\\users\\u0041\\n"})");
}

TEST(RedactedJson, KnownSecretsAndPatternsWithEscapedCharactersAreFound) {
  RedactionOptions options;
  options.known_secrets = {"a\"b\\c\nd", "\"quoted", "s\"ecret", "p\xc3\xa4sswort"};
  options.patterns = {{"custom", "x\"[0-9]"}, {"custom", "t\t[0-9]"}};
  const Redactor redactor = make_redactor(options);
  EXPECT_EQ(redacted(redactor, R"({"a":"-a\"b\\c\nd-"})", 1), R"({"a":"-[REDACTED]-"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"s\"ecret"})", 1), R"({"a":"[REDACTED]"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"\"quoted"})", 1), R"({"a":"[REDACTED]"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"p\u00e4sswort"})", 1), R"({"a":"[REDACTED]"})");
  EXPECT_EQ(redacted(redactor, R"({"a":"x\"1 t\t2"})", 2), R"({"a":"[REDACTED] [REDACTED]"})");
}

// A JSON string of the text, with escapes where there is a choice now and then.
std::string quoted(std::mt19937& random, std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    if (ascii && random() % 40 == 0) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else if (c == '\n' || c == '\t') {
      out += c == '\n' ? "\\n" : "\\t";
    } else {
      if (c == '"' || c == '\\' || (c == '/' && random() % 20 == 0)) out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

TEST(RedactedJson, TheLookAtRawTextMissesNothingThatTheStringsHold) {
  const std::vector<std::string> fragments{" ",           "\n",
                                           "\t",          "\"",
                                           "\\",          ":",
                                           "=",           ",",
                                           "://",         "@",
                                           "/",           "a",
                                           "t",           "n",
                                           "\xc3\xa4",    "password",
                                           "Api-Key",     "secret",
                                           "\"pwd\"",     "authorization",
                                           "Bearer",      "abcdefghijklmnopqrst",
                                           "https",       "redis",
                                           "u:p",         "x\"y",
                                           "k\tk-secret", "-----BEGIN PRIVATE KEY-----",
                                           "ACME-",       "123456",
                                           kAwsKey,       kAnthropicKey,
                                           kGithubKey,    kJwt};
  RedactionOptions options;
  options.known_secrets = {"x\"yx\"y", "k\tk-secret"};
  options.patterns = {{"ticket", "ACME-[0-9]{6}"}};
  const Redactor redactor = make_redactor(options);
  std::mt19937 random(7);
  int found = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string texts[3];
    for (std::string& text : texts) {
      for (std::size_t count = random() % 5; count > 0; --count) text += fragments[random() % fragments.size()];
    }
    const std::string json = "{" + quoted(random, texts[0]) + ":" + quoted(random, texts[1]) + ",\"n\" : [1, " +
                             quoted(random, texts[2]) + "]}";
    auto object = parse_json_object(json, "test");
    ASSERT_TRUE(object) << json;
    const std::size_t count = redactor.redact_json(*object);
    const auto text = redactor.redact_json_text(json);
    ASSERT_EQ(text.has_value(), count > 0) << json;
    found += text ? 1 : 0;
  }
  EXPECT_GT(found, 1000);
  EXPECT_LT(found, 19'000);
}

TEST(RedactedJson, AnyDepthIsFine) {
  boost::json::value value = "password=x";
  for (int i = 0; i < 5000; ++i) value = boost::json::object{{"a", std::move(value)}};
  EXPECT_EQ(make_redactor().redact_json(value.get_object()), 1U);
}

TEST(RedactedJson, TextThatCannotBeParsedIsTakenAsText) {
  const auto redacted = make_redactor().redact_json_text(R"({"password":"x")");
  ASSERT_TRUE(redacted);
  EXPECT_EQ(redacted->text, R"({"password":"[REDACTED]")");
}

TEST(RedactedEventData, SkipsTheTypesWithoutTextOfOthers) {
  const Redactor redactor = make_redactor();
  const std::string data = R"({"password":"x"})";
  const std::vector<EventType> skipped{EventType::session_created,
                                       EventType::session_started,
                                       EventType::session_paused,
                                       EventType::session_resumed,
                                       EventType::session_completed,
                                       EventType::session_cancelled,
                                       EventType::run_started,
                                       EventType::run_cancelled,
                                       EventType::run_timeout,
                                       EventType::error_recovered,
                                       EventType::token_usage_updated,
                                       EventType::turn_completed,
                                       EventType::workspace_snapshot_taken,
                                       EventType::workspace_diff_computed};
  for (const EventType type : all_event_types()) {
    const bool skips = std::find(skipped.begin(), skipped.end(), type) != skipped.end();
    EXPECT_EQ(redactor.redact_event_data(type, data).has_value(), !skips) << type_name(type);
  }
  EXPECT_TRUE(redactor.redact_event_data(EventType::tool_approval_requested, data));
  EXPECT_TRUE(redactor.redact_event_data(EventType::unknown, data));
}

TEST(RedactedEventData, WithoutSecretsIsNotTouched) {
  const Redactor redactor = make_redactor();
  EXPECT_FALSE(redactor.redact_event_data(EventType::message_streamed, R"({ "content" : "plain \n \"text\": a=b" })"));
  EXPECT_FALSE(redactor.redact_event_data(EventType::message_streamed, R"({"content":"a task-ant risk-free eyJ"})"));
}

}  // namespace
}  // namespace asmgr::test
