#include "core/model/error.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "core/model/provider_error.hpp"
#include "random_model.hpp"

namespace asmgr {
namespace {

TEST(Error, WithoutAMessageSaysItsCodesSentence) {
  EXPECT_EQ(Error(ErrorCode::timeout).message(), "the operation timed out");
  EXPECT_EQ(Error(ErrorCode::timeout, "").message(), "the operation timed out");
  EXPECT_EQ(Error(ErrorCode::timeout).to_string(), "[timeout] the operation timed out");
}

TEST(Error, PrintsAlwaysTheSameKeys) {
  EXPECT_EQ(
      to_text(Error(ErrorCode::run_not_found, "no run run_1").to_json()),
      R"({"code":"run_not_found","message":"no run run_1","retryable":false,"details":{},"provider_error":null})");
}

TEST(Error, PrintsAProviderErrorWithAllSixKeys) {
  ProviderError provider_error;
  provider_error.provider = "claude";
  provider_error.message = "overloaded";
  EXPECT_EQ(
      to_text(to_json(provider_error)),
      R"({"provider":"claude","kind":"unknown","message":"overloaded","exit_code":null,"stderr":null,"truncated":null})");
  provider_error.exit_code = 3;
  provider_error.standard_error = "boom";
  provider_error.truncated = true;
  EXPECT_EQ(
      to_text(to_json(provider_error)),
      R"({"provider":"claude","kind":"unknown","message":"overloaded","exit_code":3,"stderr":"boom","truncated":true})");
}

TEST(Error, BuildersAddAndKeep) {
  Error error(ErrorCode::storage_error, "disk", {{"a", 1}});
  error = std::move(error).with_detail("b", 2).with_details({{"c", 3}}).with_context("saving").with_retry_after_ms(50);
  EXPECT_EQ(error.message(), "saving: disk");
  EXPECT_EQ(to_text(error.details()), R"({"a":1,"b":2,"c":3})");
  EXPECT_EQ(error.retry_after_ms(), 50);
  EXPECT_FALSE(error.retryable());
  EXPECT_TRUE(std::move(error).with_retryable(true).retryable());
}

TEST(Error, CopiesAreIndependent) {
  const Error original(ErrorCode::storage_error, "disk", {{"a", 1}});
  Error copy = original;
  EXPECT_EQ(copy, original);
  copy = std::move(copy).with_detail("a", 2);
  EXPECT_NE(copy, original);
  EXPECT_EQ(to_text(original.details()), R"({"a":1})");
  copy = original;
  EXPECT_EQ(copy, original);
}

TEST(Error, DifferInEachOfTheirParts) {
  const Error error(ErrorCode::timeout, "late");
  EXPECT_NE(error, Error(ErrorCode::cancelled, "late"));
  EXPECT_NE(error, Error(ErrorCode::timeout, "later"));
  EXPECT_NE(error, Error(ErrorCode::timeout, "late").with_retryable(false));
  EXPECT_NE(error, Error(ErrorCode::timeout, "late").with_provider_error({}));
  EXPECT_EQ(error, Error(ErrorCode::timeout, "late").with_retryable(true));
}

TEST(Error, RandomErrorsComeBackFromTheirJson) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const Error error = test::RandomModel(seed).error();
    const std::string text = to_text(error.to_json());
    const auto read = Error::from_json(*parse_json(text, "error"));
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message() << "\n" << text;
    EXPECT_EQ(*read, error) << "seed " << seed << "\n" << text;
  }
}

TEST(Error, AnOverriddenRetryableSurvivesItsJson) {
  const Error error = Error(ErrorCode::timeout, "late").with_retryable(false);
  const auto read = Error::from_json(error.to_json());
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->retryable());
}

TEST(Error, ValueOfAFailedResultThrowsTheError) {
  const Result<int> result = Error(ErrorCode::cancelled, "stopped");
  try {
    (void)result.value();
    FAIL() << "value() must throw";
  } catch (const ErrorException& exception) {
    EXPECT_EQ(exception.error().code(), ErrorCode::cancelled);
    EXPECT_STREQ(exception.what(), "[cancelled] stopped");
  }
}

TEST(ProviderError, IsBroughtIntoShape) {
  const auto read = [](std::string_view text) { return provider_error_from_json(*parse_json_object(text, "t")); };
  EXPECT_EQ(read("{}").provider, "unknown");
  EXPECT_EQ(read("{}").message, "the provider failed and gave no reason");
  EXPECT_EQ(read(R"({"kind":" Transport_Exit "})").kind, "transport_exit");
  EXPECT_EQ(read(R"({"kind":"what is this"})").kind, "unknown");
  EXPECT_EQ(read(R"({"kind":7})").kind, "unknown");
  EXPECT_EQ(read(R"({"exit_code":"12"})").exit_code, 12);
  EXPECT_EQ(read(R"({"exit_code":"12x"})").exit_code, std::nullopt);
  EXPECT_EQ(read(R"({"exit_code":1e12})").exit_code, std::nullopt);
  EXPECT_EQ(read(R"({"stderr":"  \n first line \nsecond"})").message, "first line");
  EXPECT_EQ(read(R"({"message":"said","stderr":"first"})").message, "said");
  EXPECT_EQ(read(R"({"stderr":[1]})").standard_error, "[1]");
  EXPECT_TRUE(read(R"({"stderr":[1]})").truncated);
  EXPECT_FALSE(read(R"({"stderr":"short","truncated":null})").truncated);
}

TEST(TruncateErrorText, KeepsWholeLinesThenWholeCharacters) {
  EXPECT_EQ(truncate_error_text("a\nb\nc", 3, 100).text, "a\nb\nc");
  EXPECT_FALSE(truncate_error_text("a\nb\nc\n", 3, 100).truncated);
  EXPECT_EQ(truncate_error_text("a\nb\nc", 2, 100).text, "a\nb");
  EXPECT_TRUE(truncate_error_text("a\nb\nc", 2, 100).truncated);
  EXPECT_EQ(truncate_error_text("abc", 0, 100).text, "");
  EXPECT_EQ(truncate_error_text("ab\xE2\x82\xAC", 9, 4).text, "ab");
  EXPECT_EQ(truncate_error_text("ab\xE2\x82\xAC", 9, 5).text, "ab\xE2\x82\xAC");
  EXPECT_EQ(truncate_error_text("", 9, 5).text, "");
}

TEST(TruncateErrorText, HoldsItsDefaultLimits) {
  const std::string text(20'000, 'x');
  EXPECT_EQ(truncate_error_text(text).text.size(), 16384u);
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += "line\n";
  EXPECT_EQ(truncate_error_text(lines).text.size(), 200u * 5 - 1);
}

}  // namespace
}  // namespace asmgr
