// However a text is cut, the rules find in its pieces what they find in the whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <random>
#include <set>

#include "tests/plugins/content/content_plugin.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Names = std::set<std::string>;

// What a match may depend on: what is before it, what is behind it, where the text begins and ends, characters of
// several bytes, loops and counted repetition, letters of either case.
const std::vector<std::string> kExpressions{
    R"(ab)",      R"(^ab)",        R"(ab$)",           R"(\Aab|ba\z)",     R"(\bab\b)",        R"(\Bab)",
    R"(ab\B)",    R"((?m)^b a$)",  R"((?m)^$\n)",      R"(a+b)",           R"((?:ab)+$)",      R"(a[^b]{2,}b)",
    R"(a.b)",     R"((?s)a.b)",    "\u00e9",           R"(a[^a]a)",        "[\u00e0-\u20ac]b", "(?i)B\u00c9",
    R"(\x00a)",   R"([ab]{3,5} )", R"((?:a|b|ab){4})", R"(\x{1F600}|b\n)", R"((a+)+$)",        R"(^[^a]+$)",
    R"(\Qa\E*b)", R"(a\b.)",       R"([+*]?a{2}b?b)"};
const std::vector<std::string> kLetters{"a", "b", "b", "a", " ", "\n", "\u00e9", "\u20ac", "\U0001F600", "", "B"};

std::string random_text(std::mt19937& random, std::size_t letters) {
  std::string text;
  for (std::size_t i = 0; i < letters; ++i) {
    const std::string& letter = kLetters[random() % kLetters.size()];
    text.append(letter.empty() ? std::string(1, '\0') : letter);
  }
  return text;
}

std::string every_rule() {
  std::vector<std::string> all;
  for (const std::string& expression : kExpressions) {
    all.push_back(rule("output", expression, R"("action":"warn","name":)" + json_text(expression)));
  }
  return rules(all);
}

// What an expression by itself finds in a whole text.
Names found_plainly(std::string_view text) {
  static const auto compiled = [] {
    std::vector<std::unique_ptr<RE2>> out;
    for (const std::string& expression : kExpressions) out.push_back(std::make_unique<RE2>(expression));
    return out;
  }();
  Names names;
  for (const auto& expression : compiled) {
    if (RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression)) names.insert(expression->pattern());
  }
  return names;
}

void add_names(const Answer& answer, Names& names) {
  for (const Said& said : answer.violations) names.insert(said.rule);
}

// Of the text cut at these places.
Names found_in_pieces(const PolicyInstance& policy, std::string_view text, const std::vector<std::size_t>& cuts) {
  Conversation run(policy);
  Names names;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    add_names(run.piece(text.substr(begin, cut - begin)), names);
    begin = cut;
  }
  add_names(run.piece(text.substr(begin)), names);
  add_names(run.end_of_turn(), names);
  return names;
}

Names found_in_message(const PolicyInstance& policy, std::string_view text) {
  Names names;
  add_names(Conversation(policy).message(text), names);
  return names;
}

TEST(ContentStream, EveryCutIntoTwoAndThreePiecesFindsWhatIsInTheWhole) {
  const PolicyInstance policy(content(), every_rule());
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    const std::string text = random_text(random, 1 + random() % 14);
    const Names expected = found_plainly(text);
    ASSERT_EQ(found_in_message(policy, text), expected) << json_text(text);
    for (std::size_t first = 0; first <= text.size(); ++first) {
      ASSERT_EQ(found_in_pieces(policy, text, {first}), expected) << json_text(text) << " cut at " << first;
      for (std::size_t second = first; second <= text.size(); ++second) {
        ASSERT_EQ(found_in_pieces(policy, text, {first, second}), expected)
            << json_text(text) << " cut at " << first << " and " << second;
      }
    }
  }
}

// Alone, an expression carries no more than its own longest match needs.
TEST(ContentStream, ALongTextInSmallPiecesFindsWhatIsInTheWholeWithEachRuleAlone) {
  std::mt19937 random(2);
  for (const std::string& expression : kExpressions) {
    const PolicyInstance policy(content(), rules({rule("output", expression, R"("action":"warn","name":"it")")}));
    const RE2 plain(expression);
    for (int round = 0; round < 60; ++round) {
      // Of few letters, so that what is looked for is not everywhere.
      std::string text = std::string(random() % 60, round % 2 == 0 ? 'x' : ' ') + random_text(random, 1 + random() % 6);
      text.append(random() % 40, round % 3 == 0 ? 'x' : ' ').append(random_text(random, random() % 6));
      std::vector<std::size_t> cuts;
      for (std::size_t at = random() % 5; at < text.size(); at += 1 + random() % 5) cuts.push_back(at);
      const Names expected = RE2::PartialMatch(text, plain) ? Names{"it"} : Names{};
      ASSERT_EQ(found_in_pieces(policy, text, cuts), expected) << expression << " in " << json_text(text);
    }
  }
}

TEST(ContentStream, AMatchOfTheLongestCarriedLengthIsFoundByteByByte) {
  const PolicyInstance policy(content(), rules({rule("output", "<[^<>]*>")}));
  const std::string text = std::string(3000, '-') + "<" + std::string(1022, 'x') + ">";
  Conversation run(policy);
  for (std::size_t i = 0; i + 1 < text.size(); ++i) ASSERT_EQ(run.piece(text.substr(i, 1)).action, ASMGR_ALLOW) << i;
  EXPECT_EQ(run.piece(">").action, ASMGR_CANCEL);
}

TEST(ContentStream, AMatchOfTheLongestCarriedLengthIsFoundThoughItWaitsForTheNextCharacter) {
  const PolicyInstance policy(content(), rules({rule("output", R"(<[^<>]*x\b)")}));
  const std::string text = std::string(3000, '-') + "<" + std::string(1023, 'x');
  Conversation run(policy);
  for (const char c : text) ASSERT_EQ(run.piece(std::string(1, c)).action, ASMGR_ALLOW);
  EXPECT_EQ(run.piece("-").action, ASMGR_CANCEL);
}

TEST(ContentStream, ALongerMatchIsFoundWhereAPieceHoldsItAndInTheWholeMessage) {
  const PolicyInstance policy(content(), rules({rule("output", "<[^<>]*>")}));
  const std::string match = "<" + std::string(5000, 'x') + ">";
  Conversation in_one(policy);
  EXPECT_EQ(in_one.piece("---").action, ASMGR_ALLOW);
  EXPECT_EQ(in_one.piece(match).action, ASMGR_CANCEL);
  Conversation cut(policy);
  EXPECT_EQ(cut.piece(match.substr(0, 2500)).action, ASMGR_ALLOW);
  EXPECT_EQ(cut.piece(match.substr(2500)).action, ASMGR_ALLOW);
  EXPECT_EQ(cut.message(match).action, ASMGR_CANCEL);
}

TEST(ContentStream, ACharacterMayBeCut) {
  const PolicyInstance policy(content(), rules({rule("output", "na\u00efve \U0001F600")}));
  const std::string text = "so na\u00efve \U0001F600!";
  Conversation run(policy);
  std::uint32_t action = ASMGR_ALLOW;
  for (const char c : text) action = std::max(action, run.piece(std::string(1, c)).action);
  EXPECT_EQ(action, ASMGR_CANCEL);
}

TEST(ContentStream, ANulInAPieceEndsNothing) {
  const PolicyInstance policy(content(), rules({rule("output", R"(b\x00+c)")}));
  Conversation run(policy);
  EXPECT_EQ(run.piece(std::string_view("a\0b\0", 4)).action, ASMGR_ALLOW);
  EXPECT_EQ(run.piece(std::string_view("\0c", 2)).action, ASMGR_CANCEL);
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// An engine that tries one way after the other would not end in a lifetime.
TEST(ContentStream, ExpressionsThatAreMadeToTakeLongDoNot) {
  for (const char* expression : {"(a+)+$", "(a|aa)+$", "(?:a?){60}a{60}b", "(.*a){20}z", "(?:a|b)*a(?:a|b){30}z"}) {
    const PolicyInstance policy(content(), rules({rule("output", expression), rule("output", "(x+x+)+y")}));
    std::string text;
    std::mt19937 random(3);
    while (text.size() < 100'000) text += random() % 2 == 0 ? 'a' : 'b';
    text += '!';
    Conversation run(policy);
    const double begin = processor_seconds();
    for (std::size_t at = 0; at < text.size(); at += 500) {
      ASSERT_EQ(run.piece(std::string_view(text).substr(at, 500)).action, ASMGR_ALLOW) << expression;
    }
    EXPECT_EQ(run.message(text).action, ASMGR_ALLOW) << expression;
    EXPECT_LT(processor_seconds() - begin, 20) << expression;
  }
}

// What a piece costs does not grow with what came before it.
TEST(ContentStream, AStreamTakesTimeByItsLength) {
  const PolicyInstance policy(content(), rules({rule("output", "<[^<>]*>"), rule("output", R"(\bno\b)")}));
  const std::string piece(400, '<');
  const auto seconds_for = [&](int pieces) {
    Conversation run(policy);
    const double begin = processor_seconds();
    for (int i = 0; i < pieces; ++i) EXPECT_EQ(run.piece(piece).action, ASMGR_ALLOW);
    return processor_seconds() - begin;
  };
  const double few = std::max(seconds_for(300), 0.001);
  EXPECT_LT(seconds_for(2400), few * 8 * 5);
}

}  // namespace
}  // namespace asmgr::testing
