#include "host/cli/log_text.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"

namespace asmgr::cli {
namespace {

constexpr Timestamp kNow{1'767'322'984'000'000};  // 2026-01-02T03:03:04Z

LogLine full_line() {
  return {ASMGR_LOG_WARN, "it took long", "ses_1", "run_1", "req-1", "limits"};
}

TEST(LogText, SaysWhomALineConcernsOnce) {
  EXPECT_EQ(log_text(full_line(), {}), "limits: it took long (session ses_1, run run_1, request req-1)");
  LogLine line = full_line();
  line.message = "run run_1 of ses_1 waits for 'limits'";
  EXPECT_EQ(log_text(line, {}), "run run_1 of ses_1 waits for 'limits' (request req-1)");
}

TEST(LogText, HasTheFieldsOfAPluginAndNothingForAnEmptyObject) {
  const LogLine line{.level = ASMGR_LOG_INFO, .message = "opened", .plugin = "sqlite"};
  EXPECT_EQ(log_text(line, R"({"pages":3})"), R"(sqlite: opened {"pages":3})");
  EXPECT_EQ(log_text(line, "{}"), "sqlite: opened");
}

TEST(LogText, IsOneLineWhateverOthersSay) {
  EXPECT_EQ(log_text({.message = "a\nb\x1b[2J"}, {}), "a\\nb\\x1b[2J");
}

TEST(LogJson, IsOneObjectWithWhatIsKnown) {
  EXPECT_EQ(log_json(full_line(), R"({"took_ms":70})", kNow),
            R"({"time":"2026-01-02T03:03:04.000000Z","level":"warn","message":"it took long","session_id":"ses_1",)"
            R"("run_id":"run_1","request_id":"req-1","plugin":"limits","fields":{"took_ms":70}})");
  EXPECT_EQ(log_json({.level = ASMGR_LOG_ERROR, .message = "x"}, {}, kNow),
            R"({"time":"2026-01-02T03:03:04.000000Z","level":"error","message":"x"})");
}

TEST(LogJson, IsValidJsonWhateverOthersSay) {
  const std::string text = log_json({.message = "quote \" line\n and \xff"}, "{broken", kNow);
  const auto parsed = parse_json_object(text, "line");
  ASSERT_TRUE(parsed) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_FALSE(parsed->contains("fields"));
}

TEST(LogJson, ALevelThatIsUnknownIsAnError) {
  EXPECT_NE(log_json({.level = 99, .message = "x"}, {}, kNow).find(R"("level":"error")"), std::string::npos);
}

}  // namespace
}  // namespace asmgr::cli
