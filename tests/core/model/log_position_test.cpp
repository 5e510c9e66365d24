#include "core/model/log_position.hpp"

#include <gtest/gtest.h>

namespace asmgr {
namespace {

TEST(LogPosition, IsANumberAColonAndAHash) {
  LogPosition position;
  position.sequence = 12;
  position.hash.fill(0xab);
  std::string hex;
  for (int i = 0; i < 32; ++i) hex += "ab";
  EXPECT_EQ(to_text(position), "12:" + hex);
  EXPECT_EQ(*parse_log_position("12:" + hex), position);
  EXPECT_EQ(*parse_log_position("12:" + hex.substr(0, 62) + "AB"), position);
  for (const std::string& bad :
       {std::string(), std::string("12"), ":" + hex, "0:" + hex, "-1:" + hex, "12:" + hex + "a", "12 :" + hex,
        "12:" + hex.substr(1), "99999999999999999999:" + hex}) {
    const auto parsed = parse_log_position(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_input);
  }
}

}  // namespace
}  // namespace asmgr
