#include "core/render/text_width.hpp"

#include <gtest/gtest.h>

namespace asmgr {
namespace {

TEST(TextWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(text_width(""), 0U);
  EXPECT_EQ(text_width("plain"), 5U);
  EXPECT_EQ(text_width("na\xc3\xafve"), 5U);
  EXPECT_EQ(text_width("\xe6\x97\xa5\xe6\x9c\xac"), 4U) << "wide characters";
  EXPECT_EQ(text_width("e\xcc\x81"), 1U) << "a combining mark";
  EXPECT_EQ(text_width("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"), 2U) << "Hangul in letters";
  EXPECT_EQ(text_width("\xf0\x9f\x98\x80"), 2U) << "an emoji";
  EXPECT_EQ(text_width("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"), 2U) << "a family";
  EXPECT_EQ(text_width("\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa"), 4U) << "two flags";
  EXPECT_EQ(text_width("\xe2\x9d\xa4\xef\xb8\x8f"), 2U) << "a heart as an emoji";
  EXPECT_EQ(text_width("\xff\xfe"), 2U) << "bytes that are no UTF-8";
}

TEST(TextWidth, CutsBetweenGraphemes) {
  EXPECT_EQ(fitting_prefix("e\xcc\x81x", 1), "e\xcc\x81");
  EXPECT_EQ(fitting_prefix("a\xe6\x97\xa5", 2), "a") << "half a wide character does not fit";
  EXPECT_EQ(cut_to_width("short", 5, "..."), "short");
  EXPECT_EQ(cut_to_width("longer", 5, "..."), "lo...");
  EXPECT_EQ(cut_to_width("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, "."), "\xe6\x97\xa5\xe6\x9c\xac.");
  EXPECT_EQ(cut_to_width("longer", 2, "..."), "..");
}

}  // namespace
}  // namespace asmgr
