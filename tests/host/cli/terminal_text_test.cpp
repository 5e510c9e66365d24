#include "host/cli/terminal_text.hpp"

#include <gtest/gtest.h>

namespace asmgr::cli {
namespace {

TEST(TerminalText, EscapeSequencesAreShownInsteadOfObeyed) {
  EXPECT_EQ(harmless("\x1b[2Jgone", LineBreaks::keep), "\\x1b[2Jgone");
  EXPECT_EQ(harmless(std::string("a\0b", 3), LineBreaks::keep), "a\\x00b");
  EXPECT_EQ(harmless("\x7f", LineBreaks::keep), "\\x7f");
}

TEST(TerminalText, TheOneByteFormOfAnEscapeSequenceIsShownToo) {
  EXPECT_EQ(harmless("\xc2\x9b"
                     "31m",
                     LineBreaks::keep),
            "\\u{9b}31m");
}

TEST(TerminalText, OverridesOfWritingDirectionAreShown) {
  EXPECT_EQ(harmless("a\xe2\x80\xae"
                     "b",
                     LineBreaks::keep),
            "a\\u{202e}b");
  EXPECT_EQ(harmless("a\xe2\x81\xa6"
                     "b",
                     LineBreaks::keep),
            "a\\u{2066}b");
}

TEST(TerminalText, OrdinaryTextOfAnyLanguageStaysAsItIs) {
  const std::string text = "na\xc3\xafve \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80\ttab";
  EXPECT_EQ(harmless(text, LineBreaks::keep), text);
}

TEST(TerminalText, BytesThatAreNoUtf8AreShownAsBytes) {
  EXPECT_EQ(harmless("\xff", LineBreaks::keep), "\\xff");
  EXPECT_EQ(harmless("\xc0\xaf", LineBreaks::keep), "\\xc0\\xaf");
  EXPECT_EQ(harmless("\xed\xa0\x80", LineBreaks::keep), "\\xed\\xa0\\x80");
  EXPECT_EQ(harmless("\xe4\xbd", LineBreaks::keep), "\\xe4\\xbd");
}

TEST(TerminalText, LineBreaksStayOrAreShownAsTold) {
  EXPECT_EQ(harmless("a\nb\rc", LineBreaks::keep), "a\nb\\rc");
  EXPECT_EQ(harmless("a\nb\tc", LineBreaks::escape), "a\\nb\\tc");
}

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

TEST(TerminalText, ACellCannotBreakItsTable) {
  EXPECT_EQ(table({"A"}, {{"x\n\x1b[31my"}}), "A\nx\\n\\x1b[31my\n");
}

}  // namespace
}  // namespace asmgr::cli
