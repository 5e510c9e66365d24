#include "core/render/harmless.hpp"

#include <gtest/gtest.h>

namespace asmgr {
namespace {

TEST(Harmless, EscapeSequencesAreShownInsteadOfObeyed) {
  EXPECT_EQ(harmless("\x1b[2Jgone", LineBreaks::keep), "\\x1b[2Jgone");
  EXPECT_EQ(harmless(std::string("a\0b", 3), LineBreaks::keep), "a\\x00b");
  EXPECT_EQ(harmless("\x7f", LineBreaks::keep), "\\x7f");
}

TEST(Harmless, TheOneByteFormOfAnEscapeSequenceIsShownToo) {
  EXPECT_EQ(harmless("\xc2\x9b"
                     "31m",
                     LineBreaks::keep),
            "\\u{9b}31m");
}

TEST(Harmless, OverridesOfWritingDirectionAreShown) {
  EXPECT_EQ(harmless("a\xe2\x80\xae"
                     "b",
                     LineBreaks::keep),
            "a\\u{202e}b");
  EXPECT_EQ(harmless("a\xe2\x81\xa6"
                     "b",
                     LineBreaks::keep),
            "a\\u{2066}b");
}

TEST(Harmless, OrdinaryTextOfAnyLanguageStaysAsItIs) {
  const std::string text = "na\xc3\xafve \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80\ttab";
  EXPECT_EQ(harmless(text, LineBreaks::keep), text);
}

TEST(Harmless, BytesThatAreNoUtf8AreShownAsBytes) {
  EXPECT_EQ(harmless("\xff", LineBreaks::keep), "\\xff");
  EXPECT_EQ(harmless("\xc0\xaf", LineBreaks::keep), "\\xc0\\xaf");
  EXPECT_EQ(harmless("\xed\xa0\x80", LineBreaks::keep), "\\xed\\xa0\\x80");
  EXPECT_EQ(harmless("\xe4\xbd", LineBreaks::keep), "\\xe4\\xbd");
}

TEST(Harmless, LineBreaksStayOrAreShownAsTold) {
  EXPECT_EQ(harmless("a\nb\rc", LineBreaks::keep), "a\nb\\rc");
  EXPECT_EQ(harmless("a\nb\tc", LineBreaks::escape), "a\\nb\\tc");
}

}  // namespace
}  // namespace asmgr
