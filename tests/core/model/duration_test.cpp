#include "core/model/duration.hpp"

#include <gtest/gtest.h>

#include "random_model.hpp"

namespace asmgr {
namespace {

TEST(Duration, IsReadInEveryUnit) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"0", 0},
      {"0s", 0},
      {"250ms", 250},
      {"30s", 30'000},
      {"5m", 300'000},
      {"2h", 7'200'000},
      {"1d", 86'400'000},
      {"1.5s", 1500},
      {"0.001s", 1},
      {"1.50m", 90'000},
      {"9223372036854775807ms", 9223372036854775807},
  };
  for (const auto& [text, expected] : cases) {
    const auto duration = parse_duration_ms(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(*duration, expected) << text;
  }
}

TEST(Duration, AnythingElseIsRefused) {
  for (const std::string_view text : {"",
                                      "5",
                                      "s",
                                      "-5s",
                                      "+5s",
                                      "5 s",
                                      " 5s",
                                      "5s ",
                                      "5S",
                                      "5sec",
                                      "1.s",
                                      ".5s",
                                      "1..5s",
                                      "1.2.3s",
                                      "0.5ms",
                                      "1.0001s",
                                      "1e3s",
                                      "9223372036854775808ms",
                                      "9223372036854775807s",
                                      "0x10s",
                                      "99999999999999999999s"}) {
    const auto duration = parse_duration_ms(text);
    ASSERT_FALSE(duration) << text << " was read as " << *duration;
    EXPECT_EQ(duration.error().code(), ErrorCode::invalid_format);
  }
  EXPECT_EQ(parse_duration_ms("5").error().message(),
            "\"5\" is not a duration; write a number with ms, s, m, h or d, in whole milliseconds, like 250ms or 1.5s");
}

TEST(Duration, IsWrittenInTheLargestUnitThatIsExact) {
  EXPECT_EQ(format_duration_ms(0), "0s");
  EXPECT_EQ(format_duration_ms(1500), "1500ms");
  EXPECT_EQ(format_duration_ms(90'000), "90s");
  EXPECT_EQ(format_duration_ms(300'000), "5m");
  EXPECT_EQ(format_duration_ms(7'200'000), "2h");
  EXPECT_EQ(format_duration_ms(172'800'000), "2d");
  EXPECT_EQ(format_duration_ms(-1000), "-1s");
}

TEST(Duration, RandomDurationsComeBack) {
  test::RandomModel random(2);
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t ms = random.number(0, 1'000'000'000);
    EXPECT_EQ(*parse_duration_ms(format_duration_ms(ms)), ms);
  }
}

TEST(Size, IsReadInEveryUnit) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"0", 0},
      {"512", 512},
      {"7B", 7},
      {"64KiB", 65536},
      {"10MB", 10'000'000},
      {"1MiB", 1 << 20},
      {"1.5KiB", 1536},
      {"0.3KB", 300},
      {"2GiB", std::int64_t{2} << 30},
      {"3GB", 3'000'000'000},
      {"4KB", 4000},
  };
  for (const auto& [text, expected] : cases) {
    const auto size = parse_size_bytes(text);
    ASSERT_TRUE(size) << text;
    EXPECT_EQ(*size, expected) << text;
  }
}

TEST(Size, AnythingElseIsRefused) {
  for (const std::string_view text :
       {"", "KiB", "-1KB", "1 KB", "1kb", "1K", "1.5B", "0.1", "1.0001KB", "9223372036854775807KB", "1TB"}) {
    const auto size = parse_size_bytes(text);
    ASSERT_FALSE(size) << text << " was read as " << *size;
    EXPECT_EQ(size.error().code(), ErrorCode::invalid_format);
  }
  EXPECT_EQ(parse_size_bytes("1kb").error().message(),
            "\"1kb\" is not a size; write a number with B, KB, MB, GB, KiB, MiB or GiB, in whole bytes, like 64KiB or "
            "10MB");
}

}  // namespace
}  // namespace asmgr
