// The law of the stream: however a message is cut, what goes out is what the whole message gives.
#include <gtest/gtest.h>

#include <random>

#include "core/model/json.hpp"
#include "redaction_fixture.hpp"

namespace asmgr::test {
namespace {

constexpr std::size_t kMostHeld = 256;

std::string streamed(const Redactor& redactor, const std::vector<std::string_view>& deltas) {
  StreamRedactor stream(redactor);
  std::string out;
  for (const std::string_view delta : deltas) {
    const std::string piece = stream.feed(delta);
    EXPECT_TRUE(is_valid_utf8(piece)) << piece;
    out += piece;
  }
  return out + stream.finish();
}

std::vector<std::string_view> in_pieces_of(std::string_view text, std::size_t size) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < text.size(); at += size) pieces.push_back(text.substr(at, size));
  return pieces;
}

RedactionOptions full_options() {
  RedactionOptions options;
  options.replacement = "categorized";
  options.known_secrets = {"topsecret-value", "topsecret-other", "p\xc3\xa4sswort-\xf0\x9f\x94\x91", "x, y: z"};
  options.patterns = {{"ticket", "ACME-[0-9]{6}"}, {"social", "\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b"}};
  return options;
}

struct Planted {
  std::string text;
  std::vector<std::string> secrets;
};

// Secrets at the start, the end, back to back, with overlapping beginnings, in JSON, with characters of several bytes.
std::vector<Planted> corpus() {
  const std::string pem = "-----BEGIN EC PRIVATE KEY-----\n" + kPemBody + "\n-----END EC PRIVATE KEY-----";
  return {
      {kAwsKey + " at the start", {kAwsKey}},
      {"at the end " + kGithubKey, {kGithubKey}},
      {kAwsKey + "," + kGithubKey + "," + kGitlabKey, {kAwsKey, kGithubKey, kGitlabKey}},
      {"sk-ant-sk-ant-sk-" + kAnthropicKey + "-", {kAnthropicKey}},
      {"sk-sk-proj-" + kOpenAiKey + " sk-", {kOpenAiKey}},
      {"use " + kJwt + ".", {kJwt}},
      {"-----" + pem + "----- after", {kPemBody}},
      {R"({"a":"b","password":"hunt\"er\\2","n":[1,null]} )", {"hunt", "er\\\\2"}},
      {R"({\"api_key\":\"abc\\\"def\",\"n\":1} \"password=q1w2e3\" \\)", {"abc", "def", "q1w2e3"}},
      {"password = q1w2e3\npasswd:null pwd: nullable x", {"q1w2e3", "nullable"}},
      {"Authorization: Bearer q1w2e3r4 t5\nbearer abcdefghijklmnopqrstuvw\nauthorization: basically",
       {"q1w2e3r4 t5", "klmnop"}},
      {"postgres://bob:q1/w2@e3@db/app, https://bob:q1w2e3@h/ http://a/b", {"q1/w2", "q1w2e3"}},
      {"a topsecret-topsecret-value topsecret-othertopsecret-val", {"topsecret-value", "topsecret-other"}},
      {"\xc3\xa4 p\xc3\xa4p\xc3\xa4sswort-\xf0\x9f\x94\x91\xf0\x9f\x94\x91 \xe6\x97\xa5",
       {"p\xc3\xa4sswort-\xf0\x9f\x94\x91"}},
      {"password=x, y: z! api_key:= 'it''s'", {"x, y: z", "it"}},
      {"ACME-12 ACME-123456 7123-45-6789 123-45-6789 1", {"ACME-123456", " 123-45-6789"}},
      {"client_secret => a\\\" b secret_key=\\\\ c access_token==d\\", {}},
  };
}

TEST(StreamLaw, EveryPairOfCutsGivesWhatTheWholeGives) {
  const Redactor redactor = make_redactor(full_options());
  for (const Planted& planted : corpus()) {
    const std::string_view text = planted.text;
    const std::string whole = redactor.redact_text(text).text;
    for (const std::string& secret : planted.secrets) EXPECT_EQ(whole.find(secret), std::string::npos) << whole;
    for (std::size_t a = 0; a <= text.size(); ++a) {
      for (std::size_t b = a; b <= text.size(); ++b) {
        ASSERT_EQ(streamed(redactor, {text.substr(0, a), text.substr(a, b - a), text.substr(b)}), whole)
            << a << ' ' << b;
      }
    }
  }
}

TEST(StreamLaw, PiecesOfAnySizeGiveWhatTheWholeGives) {
  const Redactor redactor = make_redactor(full_options());
  std::string text = kPem + "\nlong header " + kJwt.substr(0, 20) + std::string(300, 'h') + kJwt.substr(20) + "\n";
  for (const Planted& planted : corpus()) text += planted.text + "\n";
  const std::string whole = redactor.redact_text(text).text;
  for (std::size_t size = 1; size < 80; ++size) ASSERT_EQ(streamed(redactor, in_pieces_of(text, size)), whole) << size;
}

// Texts of fragments that begin, end or look like secrets, cut at random.
TEST(StreamLaw, HoldsForRandomTexts) {
  const std::vector<std::string> fragments{" ",
                                           "\n",
                                           "\"",
                                           "'",
                                           "\\",
                                           "\\\"",
                                           ":",
                                           "=",
                                           ",",
                                           "-",
                                           "-----",
                                           "@",
                                           "/",
                                           "://",
                                           ".",
                                           "a",
                                           "0",
                                           "\xc3\xa4",
                                           "\xf0\x9f\x94\x91",
                                           "\xff",
                                           "password",
                                           "api_key",
                                           "\"secret\"",
                                           "authorization",
                                           "Bearer ",
                                           "basic ",
                                           "null",
                                           "tru",
                                           "sk-",
                                           "sk-ant-",
                                           "AKIA",
                                           "eyJ",
                                           "ghp_",
                                           "https",
                                           "redis",
                                           "abcdefghijklmnopqrst",
                                           "0123456789ABCDEF",
                                           "-----BEGIN PRIVATE KEY-----",
                                           "-----END PRIVATE KEY-----",
                                           "topsecret-",
                                           "value",
                                           "ACME-",
                                           "123456",
                                           "123-45-6789",
                                           "x, y: z",
                                           "p\xc3\xa4sswort-",
                                           kAwsKey,
                                           kGithubKey,
                                           kJwt,
                                           kPemBody};
  const Redactor redactor = make_redactor(full_options());
  std::mt19937 random(20240611);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    // Now and then one that is long enough for the stream to drop what it has passed.
    const std::size_t most = round % 50 == 0 ? 3000 : 30;
    for (std::size_t count = 1 + random() % most; count > 0; --count) text += fragments[random() % fragments.size()];
    const std::string whole = redactor.redact_text(text).text;
    StreamRedactor stream(redactor);
    std::string out;
    std::string cuts;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % (round % 2 == 0 ? 3 : 60);
      out += stream.feed(std::string_view(text).substr(at, size));
      cuts += std::to_string(at += size) + " ";
    }
    out += stream.finish();
    ASSERT_EQ(out, whole) << "round " << round << ", cut at " << cuts << "\n" << text;
    ASSERT_EQ(stream.count(), redactor.redact_text(text).count) << text;
  }
}

TEST(StreamLaw, HoldsFarIntoAMessage) {
  const Redactor redactor = make_redactor();
  for (const std::size_t size : {4095U, 4096U, 4100U, 5000U, 100'000U}) {
    const std::string filler(size, ' ');
    EXPECT_EQ(
        streamed(redactor, {filler, "DB_PASSWORD", "= ", "hunter2 ", "task", "-", kAnthropicKey.substr(0, 9), "!"}),
        filler + "DB_PASSWORD= [REDACTED] task-" + kAnthropicKey.substr(0, 9) + "!")
        << size;
    EXPECT_EQ(streamed(redactor, {filler + "password", ":hunter2"}), filler + "password:[REDACTED]") << size;
  }
}

TEST(StreamLaw, OneStreamTakesOneMessageAfterAnother) {
  const Redactor redactor = make_redactor();
  StreamRedactor stream(redactor);
  EXPECT_EQ(stream.feed("password="), "password=");
  EXPECT_EQ(stream.feed("x"), "[REDACTED]");
  EXPECT_EQ(stream.finish(), "");
  EXPECT_EQ(stream.count(), 1U);
  EXPECT_EQ(stream.finish(), "");
  EXPECT_EQ(stream.count(), 0U);
  EXPECT_EQ(stream.feed("y "), "y ") << "the value of the message before has ended";
}

TEST(StreamDelay, OrdinaryProseFlows) {
  const Redactor redactor = make_redactor();
  StreamRedactor stream(redactor);
  const std::string text =
      "The password manager stores each secret. Ask for a key: it opens the door, and the bearer of it. Was it risky? "
      "A "
      "task-list helps: see https://example.com/path and note that x = 1. \xc3\x84rger, \xe6\x97\xa5\xe6\x9c\xac.";
  std::size_t held = 0;
  std::size_t longest = 0;
  for (const std::string_view delta : in_pieces_of(text, 1)) {
    (void)stream.feed(delta);
    held += stream.held();
    longest = std::max(longest, stream.held());
  }
  EXPECT_LE(longest, std::string("example.com").size()) << "only a URL's host may be a user";
  EXPECT_LT(held, text.size());
  EXPECT_EQ(stream.feed("Ends in a period."), "Ends in a period.");
}

TEST(StreamDelay, TheKeyAndThePlaceholderGoOutAtOnce) {
  const Redactor redactor = make_redactor();
  StreamRedactor stream(redactor);
  EXPECT_EQ(stream.feed("passwo"), "passwo");
  EXPECT_EQ(stream.feed("rd: "), "rd: ");
  EXPECT_EQ(stream.feed("h"), "[REDACTED]");
  EXPECT_EQ(stream.feed("unter2"), "");
  EXPECT_EQ(stream.feed(" next"), " next");
  EXPECT_EQ(stream.finish(), "");
}

TEST(StreamDelay, NothingIsHeldLongerThan256Bytes) {
  const Redactor redactor = make_redactor(full_options());
  const std::vector<std::string> beginnings{"https://", "postgres://", "eyJ",      "-----BEGIN ",
                                            "ACME-",    "topsecret-v", "sk-proj-", "1"};
  for (const std::string& beginning : beginnings) {
    StreamRedactor stream(redactor);
    (void)stream.feed(beginning);
    for (int i = 0; i < 1000; ++i) {
      (void)stream.feed("a");
      ASSERT_LE(stream.held(), kMostHeld) << beginning;
    }
  }
}

TEST(StreamLimits, ASecretOfNearly64KiBIsReplacedOnce) {
  const Redactor redactor = make_redactor();
  const std::string text = "password=" + std::string(64 * 1024, 'x') + " after";
  EXPECT_EQ(streamed(redactor, in_pieces_of(text, 1000)), "password=[REDACTED] after");
}

TEST(StreamLimits, ALongerSecretTakesTheRestOfTheMessage) {
  const Redactor redactor = make_redactor();
  for (const std::string& secret :
       {"password=" + std::string(64 * 1024 + 1, 'x'), "-----BEGIN PRIVATE KEY-----\n" + std::string(70'000, 'x')}) {
    const std::string text = "a " + secret + " after -----END PRIVATE KEY----- " + kAwsKey;
    const std::string out = streamed(redactor, in_pieces_of(text, 777));
    EXPECT_TRUE(out == "a password=[REDACTED][REDACTED]" || out == "a [REDACTED][REDACTED]") << out;
    EXPECT_EQ(streamed(redactor, {text}), out) << "however it is cut";
    StreamRedactor stream(redactor);
    (void)stream.feed(text);
    EXPECT_EQ(stream.feed("more"), "");
    EXPECT_EQ(stream.finish(), "");
    EXPECT_EQ(stream.feed("another message "), "another message ");
  }
}

TEST(StreamLimits, APatternThatRunsOnIsFollowed) {
  RedactionOptions options;
  options.patterns = {{"blob", "blob:[a-f]+"}};
  const Redactor redactor = make_redactor(options);
  for (const std::size_t size : {10U, 250U, 251U, 252U, 600U, 40'000U}) {
    const std::string text = "a blob:" + std::string(size, 'c') + " after";
    EXPECT_EQ(redactor.redact_text(text).text, "a [REDACTED] after") << size;
    EXPECT_EQ(streamed(redactor, in_pieces_of(text, 100)), "a [REDACTED] after") << size;
  }
  const std::string endless = "a blob:" + std::string(200'000, 'c') + " after";
  EXPECT_EQ(redactor.redact_text(endless).text, "a [REDACTED]");
  EXPECT_EQ(streamed(redactor, in_pieces_of(endless, 1000)), "a [REDACTED][REDACTED]");
}

TEST(StreamUtf8, ACharacterThatIsCutGoesOutWhole) {
  const Redactor redactor = make_redactor();
  StreamRedactor stream(redactor);
  EXPECT_EQ(stream.feed("a\xf0\x9f"), "a");
  EXPECT_EQ(stream.feed("\x94"), "");
  EXPECT_EQ(stream.feed("\x91."), "\xf0\x9f\x94\x91.");
  EXPECT_EQ(stream.feed("\xe6\x97"), "");
  EXPECT_EQ(stream.finish(), "\xe6\x97") << "what never becomes whole goes out at the end";
}

}  // namespace
}  // namespace asmgr::test
