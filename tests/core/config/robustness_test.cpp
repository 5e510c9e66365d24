// Whatever bytes a file holds: an answer, never a crash, and every problem inside the file.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/core/config/config_fixture.hpp"
#include "tests/support/profile.hpp"

namespace asmgr {
namespace {

int rounds() {
  return test::in_profile(400, 20'000);
}

void check_answer(const std::string& text) {
  Diagnostics diagnostics;
  const ConfigTree tree = read_config_text(text, "fuzz.yaml", test_options(), diagnostics);
  static_cast<void>(parse_deployment(tree, {}, diagnostics));
  for (const Diagnostic& one : diagnostics) {
    ASSERT_LT(one.position.source, tree.sources.size());
    ASSERT_FALSE(one.message.empty());
  }
  const std::string rendered = render(diagnostics, tree.sources);
  ASSERT_EQ(rendered.empty(), diagnostics.empty());
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xFFU);
  return bytes;
}

std::string random_yaml_like(std::mt19937& random, std::size_t size) {
  static constexpr std::string_view kPieces[] = {
      "a", ":",  ": ",  "\n",       "  ", "- ", "{", "}", "[", "]",  ",",  "\"", "'", "&a", "*a",         "|", ">",
      "#", "!!", "---", "${env:X}", "$",  "?",  "%", "@", "`", "\t", "<<", "~",  "1", "\\", "version: 1", "\r"};
  std::string out;
  while (out.size() < size) out += kPieces[random() % std::size(kPieces)];
  return out;
}

std::string mutated(std::mt19937& random, std::string text) {
  const auto changes = 1 + random() % 6;
  for (std::uint32_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = static_cast<char>(random() & 0xFFU);
        break;
      case 1:
        text.erase(at, 1 + random() % 8);
        break;
      case 2:
        text.insert(at, random_yaml_like(random, 1 + random() % 8));
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 40));
        break;
    }
  }
  return text;
}

TEST(Robustness, AnswersRandomBytes) {
  std::mt19937 random(20240229);
  for (int i = 0; i < rounds(); ++i) check_answer(random_bytes(random, random() % 300));
}

TEST(Robustness, AnswersTextMadeOfYamlsOwnPieces) {
  std::mt19937 random(7);
  for (int i = 0; i < rounds() * 5; ++i) {
    const std::string text = random_yaml_like(random, random() % 120);
    SCOPED_TRACE(text);
    check_answer(text);
    if (HasFatalFailure()) return;
  }
}

TEST(Robustness, AnswersMutationsOfARealFile) {
  std::mt19937 random(42);
  const std::string whole = read_text(std::string(ASMGR_SOURCE_DIR) + "/configs/quickstart.yaml");
  for (int i = 0; i < rounds() * 2; ++i) {
    const std::string text = mutated(random, i % 2 == 0 ? std::string(small_deployment()) : whole);
    SCOPED_TRACE(text);
    check_answer(text);
    if (HasFatalFailure()) return;
  }
}

TEST(Robustness, AnswersDeepNestingOfEveryKind) {
  for (const char* piece : {"[", "{", "- ", "? ", "a: {", "[{", "\"", "&a [", "!x "}) {
    std::string text;
    for (int i = 0; i < 20000; ++i) text += piece;
    check_answer(text);
  }
  std::string indented;
  for (std::size_t i = 0; i < 1500; ++i) indented += std::string(i, ' ') + "a:\n";
  check_answer(indented);
}

}  // namespace
}  // namespace asmgr
