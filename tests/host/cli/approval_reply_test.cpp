#include <gtest/gtest.h>

#include "host/cli/approval_prompt.hpp"

namespace asmgr::cli {
namespace {

using Kind = ApprovalReply::Kind;

TEST(ApprovalReply, IsAWordOrItsFirstLetter) {
  for (const char* line : {"y", "yes", " y ", "once\r"}) EXPECT_EQ(parse_reply(line).kind, Kind::once) << line;
  for (const char* line : {"a", "all", "always", "session"}) EXPECT_EQ(parse_reply(line).kind, Kind::session) << line;
  for (const char* line : {"e", "edit"}) EXPECT_EQ(parse_reply(line).kind, Kind::edit) << line;
  for (const char* line : {"n", "no", "deny"}) EXPECT_EQ(parse_reply(line).kind, Kind::deny) << line;
}

TEST(ApprovalReply, OnlyADenialTakesAReason) {
  EXPECT_EQ(parse_reply("n: not today ").reason, "not today");
  EXPECT_EQ(parse_reply("no, use git mv").reason, "use git mv");
  EXPECT_EQ(parse_reply("n").reason, "");
  EXPECT_EQ(parse_reply("y because").kind, Kind::unclear) << "never a yes by accident";
}

TEST(ApprovalReply, AnythingElseIsAskedAgain) {
  for (const char* line : {"", " ", "Y", "what?", "yn", "never"}) EXPECT_EQ(parse_reply(line).kind, Kind::unclear);
}

}  // namespace
}  // namespace asmgr::cli
