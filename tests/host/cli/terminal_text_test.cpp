#include "host/cli/terminal_text.hpp"

#include <gtest/gtest.h>

namespace asmgr::cli {
namespace {

TEST(TerminalText, ALongLineIsCutAtWholeCharacters) {
  EXPECT_EQ(one_line("short", 10), "short");
  EXPECT_EQ(one_line("abcdefghijk", 10), "abcdefg...");
  const std::string cut = one_line("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 6);
  EXPECT_EQ(cut, "\xc3\xa9\xc3\xa9\xc3\xa9...");
}

TEST(TerminalText, ATableIsAlignedAndHasNoTrailingBlanks) {
  EXPECT_EQ(table({"ID", "STATUS", "TAGS"}, {{"ses_1", "active", ""}, {"s", "\xc3\xa9", "x"}}),
            "ID     STATUS  TAGS\n"
            "ses_1  active\n"
            "s      \xc3\xa9       x\n");
}

TEST(TerminalText, ColumnsAreThoseOfATerminal) {
  EXPECT_EQ(table({"A", "B"}, {{"\xe6\x97\xa5", "x"}, {"e\xcc\x81", "y"}}), "A   B\n\xe6\x97\xa5  x\ne\xcc\x81   y\n");
}

TEST(TerminalText, ACellCannotBreakItsTable) {
  EXPECT_EQ(table({"A"}, {{"x\n\x1b[31my"}}), "A\nx\\n\\x1b[31my\n");
}

}  // namespace
}  // namespace asmgr::cli
