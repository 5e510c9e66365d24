// No text takes more than its share of time: eight times the text, about eight times the time.
#include <gtest/gtest.h>

#include <ctime>

#include "core/redaction/prefilter.hpp"
#include "redaction_fixture.hpp"

namespace asmgr::test {
namespace {

constexpr std::size_t kSmall = 8 * 1024;
constexpr std::size_t kFactor = 8;
// Quadratic time would give kFactor squared.
constexpr double kMostRatio = 4.0 * kFactor;

std::string repeated(std::string_view unit, std::size_t size) {
  std::string text;
  text.reserve(size + unit.size());
  while (text.size() < size) text += unit;
  return text;
}

// Processor time of this program, the least of several tries: other work of the machine does not count.
template <typename Work>
double best_time(Work work) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const std::clock_t start = std::clock();
    work();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return std::max(best, 1e-4);
}

class LinearTime : public testing::TestWithParam<std::string> {};

TEST_P(LinearTime, OfWholeTextsAndStreams) {
  RedactionOptions options;
  options.known_secrets = {std::string(256, 'a'), "aaaaaaab"};
  options.patterns = {{"custom", "Q[a-z]+!"}, {"custom", "[0-9]+(?:-[0-9]+)*x"}};
  const Redactor redactor = make_redactor(options);
  const std::string small = repeated(GetParam(), kSmall);
  const std::string large = repeated(GetParam(), kSmall * kFactor);
  const auto whole = [&](const std::string& text) { return best_time([&] { (void)redactor.redact_text(text); }); };
  const auto stream = [&](const std::string& text) {
    return best_time([&] {
      StreamRedactor one(redactor);
      for (std::size_t at = 0; at < text.size(); at += 64) (void)one.feed(std::string_view(text).substr(at, 64));
      (void)one.finish();
    });
  };
  EXPECT_LT(whole(large) / whole(small), kMostRatio);
  EXPECT_LT(stream(large) / stream(small), kMostRatio);
}

INSTANTIATE_TEST_SUITE_P(Texts, LinearTime,
                         testing::Values("sk-", "sk-ant-", "password:", "password:\"", "password=x ", "eyJ", "eyJ.",
                                         "eyJaaaaaaaa.", "redis://", "redis://:a@", "-----BEGIN ",
                                         "-----BEGIN PRIVATE KEY-----", "-", "\\", "\\\"", "=", "bearer ",
                                         "Bearer aaaaaaaaaaaaaaaaaaaaaaaa", "a", "Qa", "0", "0-",
                                         "sk-ant-aaaaaaaaaaaaaaaaaaaaaaaa", "AKIA", "secret secret ",
                                         "plain words of prose. "));

TEST(PrefilterSpeed, StopsOnlyWhereSomethingMayBegin) {
  redaction::Prefilter filter;
  filter.add("sk-", false);
  filter.add("bearer", true);
  const std::string text = repeated("ordinary words of prose, mostly. ", 4096) + "BEarer";
  EXPECT_EQ(filter.find(text, 0), text.size() - 6);
  EXPECT_EQ(filter.find(text, text.size() - 5), std::string::npos);
  for (std::size_t at = 0; at < 40; ++at) {
    std::string planted(40, '.');
    planted.replace(at, 2, "sk");
    EXPECT_EQ(filter.find(planted, 0), at + 1 < planted.size() ? at : std::string::npos) << at;
  }
}

}  // namespace
}  // namespace asmgr::test
