#include "core/model/time.hpp"

#include <gtest/gtest.h>

#include "random_model.hpp"

namespace asmgr {
namespace {

TEST(Timestamp, IsWrittenInUtcWithSixDigits) {
  EXPECT_EQ(format_timestamp({0}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_timestamp({1767323045678901}), "2026-01-02T03:04:05.678901Z");
  EXPECT_EQ(format_timestamp({-1}), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_timestamp({951782400000000}), "2000-02-29T00:00:00.000000Z");
}

TEST(Timestamp, OutsideFourDigitYearsIsWrittenAsTheNearest) {
  EXPECT_EQ(format_timestamp({std::numeric_limits<std::int64_t>::max()}), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_timestamp({std::numeric_limits<std::int64_t>::min()}), "0000-01-01T00:00:00.000000Z");
}

TEST(Timestamp, IsReadInEveryFormOfRfc3339) {
  const std::int64_t us = 1767323045000000;
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"2026-01-02T03:04:05Z", us},
      {"2026-01-02t03:04:05z", us},
      {"2026-01-02T03:04:05.6Z", us + 600000},
      {"2026-01-02T03:04:05.678901Z", us + 678901},
      {"2026-01-02T03:04:05.678901999Z", us + 678901},
      {"2026-01-02T05:04:05+02:00", us},
      {"2026-01-01T21:34:05-05:30", us},
      {"2026-01-02T03:04:05-00:00", us},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"2016-12-31T23:59:60Z", 1483228800000000},
      {"2017-01-01T00:59:60+01:00", 1483228800000000},
      {"0000-01-01T00:00:00Z", -62167219200000000},
      {"9999-12-31T23:59:59.999999Z", 253402300799999999},
  };
  for (const auto& [text, expected] : cases) {
    const auto time = parse_timestamp(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->us, expected) << text;
  }
}

TEST(Timestamp, AnythingElseIsRefused) {
  for (const std::string_view text : {"",
                                      "now",
                                      "2026-01-02",
                                      "2026-01-02T03:04:05",
                                      "2026-01-02 03:04:05Z",
                                      "2026-01-02T03:04:05.Z",
                                      "2026-01-02T03:04:05.1234567890Z",
                                      "2026-13-02T03:04:05Z",
                                      "2026-00-02T03:04:05Z",
                                      "2026-02-29T03:04:05Z",
                                      "2026-01-32T03:04:05Z",
                                      "2026-01-02T24:00:00Z",
                                      "2026-01-02T03:60:05Z",
                                      "2026-01-02T03:04:61Z",
                                      "2026-01-02T03:04:60Z",
                                      "2026-01-02T03:04:05+24:00",
                                      "2026-01-02T03:04:05+02:60",
                                      "2026-01-02T03:04:05+0200",
                                      "2026-01-02T03:04:05Z ",
                                      " 2026-01-02T03:04:05Z",
                                      "2026-1-02T03:04:05Z",
                                      "+026-01-02T03:04:05Z",
                                      "2026-01-02T03:04:05,5Z",
                                      "0000-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01",
                                      "2026-01-02T03:04:05\xE2\x88\x92"
                                      "02:00"}) {
    const auto time = parse_timestamp(text);
    ASSERT_FALSE(time) << text << " was read as " << time->us;
    EXPECT_EQ(time.error().code(), ErrorCode::invalid_format);
  }
  EXPECT_EQ(parse_timestamp("yesterday").error().message(),
            "\"yesterday\" is not a time; write it like 2026-01-02T03:04:05.678901Z or 2026-01-02T03:04:05+02:00 "
            "(RFC 3339)");
}

TEST(Timestamp, RandomTimesComeBack) {
  test::RandomModel random(1);
  for (int i = 0; i < 2000; ++i) {
    const Timestamp time{random.number(-62'167'219'200'000'000, 253'402'300'799'999'999)};
    EXPECT_EQ(*parse_timestamp(format_timestamp(time)), time) << time.us;
  }
}

TEST(SystemClock, NeverRunsBackwards) {
  const Clock& clock = system_clock();
  EXPECT_GT(clock.now(), *parse_timestamp("2024-01-01T00:00:00Z"));
  const auto before = clock.monotonic_ns();
  EXPECT_GE(clock.monotonic_ns(), before);
}

}  // namespace
}  // namespace asmgr
