#include "core/render/page.hpp"

#include <gtest/gtest.h>

namespace asmgr::rendering {
namespace {

RenderOptions columns(std::size_t width) {
  RenderOptions options;
  options.width = width;
  return options;
}

std::string streamed(Page& page, std::initializer_list<std::string_view> pieces) {
  std::string out;
  for (const std::string_view piece : pieces) {
    page.stream(Ink::plain, piece);
    out += page.take();
  }
  page.end_line();
  return out + page.take();
}

TEST(Page, StreamedTextIsBrokenBetweenWordsHoweverItComes) {
  Page whole(columns(16));
  EXPECT_EQ(streamed(whole, {"one two three four five"}), "one two three\nfour five\n");
  Page pieces(columns(16));
  EXPECT_EQ(streamed(pieces, {"o", "ne tw", "o thr", "ee", " fo", "ur ", "five"}), "one two three\nfour five\n");
}

TEST(Page, AWordThatIsLongerThanTheLineIsBrokenWhereItMustBe) {
  Page page(columns(16));
  EXPECT_EQ(streamed(page, {"ab 0123456789012345678"}), "ab 0123456789012\n345678\n");
}

TEST(Page, WideCharactersAreNeverHalvedAndNeedNoBlanks) {
  Page page(columns(17));
  EXPECT_EQ(streamed(page, {"\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5",
                            "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"}),
            "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\n"
            "\xe6\x97\xa5\xe6\x97\xa5\n");
}

TEST(Page, WhatClosesAPhraseDoesNotBeginALine) {
  Page page(columns(16));
  EXPECT_EQ(streamed(page, {"\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5",
                            "\xe6\x97\xa5", "\xe3\x80\x82"}),
            "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\n"
            "\xe6\x97\xa5\xe3\x80\x82\n");
}

TEST(Page, ACombiningMarkThatComesLaterStaysWithItsLetter) {
  Page page(columns(16));
  EXPECT_EQ(streamed(page, {"e", "\xcc\x81", "x"}), "e\xcc\x81x\n");
}

TEST(Page, IndentationAndTabsAreKept) {
  Page page(columns(40));
  EXPECT_EQ(streamed(page, {"if x:\n    y\n\tz"}), "if x:\n    y\n        z\n");
}

TEST(Page, WithoutAWidthNothingIsHeldOrBroken) {
  Page page(columns(0));
  page.stream(Ink::plain, "one tw");
  EXPECT_EQ(page.take(), "one tw");
  page.stream(Ink::plain, std::string(500, 'x'));
  EXPECT_EQ(page.take(), std::string(500, 'x'));
}

TEST(Page, WhatATerminalObeysIsShown) {
  Page page(columns(0));
  EXPECT_EQ(streamed(page, {"a\x1b[2Jb\rc"}), "a\\x1b[2Jb\\rc\n");
  page.cut(Line().add(Ink::plain, "a\nb"));
  EXPECT_EQ(page.take(), "a\\nb\n");
}

TEST(Page, TheElasticPieceOfALineIsShortenedFirst) {
  Page page(columns(20));
  page.cut(Line().add(Ink::plain, "Ran: ").add_elastic(Ink::plain, "ls a b c d e f").add(Ink::plain, " (3s)"));
  EXPECT_EQ(page.take(), "Ran: ls a b c \xe2\x80\xa6 (3s)\n");
  page.cut(Line().add(Ink::plain, std::string(30, 'x')));
  EXPECT_EQ(page.take(), std::string(19, 'x') + "\xe2\x80\xa6\n");
}

TEST(Page, LinesThatGoOnAreIndented) {
  Page page(columns(16));
  page.wrap(Line().add(Ink::plain, "! one two three four five six"), "  ");
  EXPECT_EQ(page.take(), "! one two three\n  four five six\n");
}

TEST(Page, WhatBelongsTogetherIsNotBrokenApartAtItsColours) {
  Page page(columns(16));
  page.wrap(Line().add(Ink::plain, "[x] abcdef").add(Ink::dim, " key=").add(Ink::plain, "value"), "  ");
  EXPECT_EQ(page.take(), "[x] abcdef\n  key=value\n");
}

TEST(Page, TokensShareALineAsLongAsTheyFit) {
  Page page(columns(16));
  for (const std::string_view word : {"aaaa", "bbbb", "cccc", "dddd"}) page.token(Line().add(Ink::plain, word));
  page.end_line();
  EXPECT_EQ(page.take(), "aaaa bbbb cccc\ndddd\n");
}

TEST(Page, ALineIsWrittenOverOnATerminalOnly) {
  RenderOptions options = columns(40);
  Page pipe(options);
  pipe.tentative(Line().add(Ink::plain, "running"));
  pipe.replace(Line().add(Ink::plain, "ran"));
  EXPECT_EQ(pipe.take(), "running\nran\n");
  options.is_terminal = true;
  Page plain(options);
  plain.tentative(Line().add(Ink::plain, "running"));
  plain.replace(Line().add(Ink::plain, "ran"));
  EXPECT_EQ(plain.take(), "running\r       \rran\n");
  options.color = true;
  Page colored(options);
  colored.tentative(Line().add(Ink::plain, "running"));
  colored.replace(Line().add(Ink::green, "ran"));
  EXPECT_EQ(colored.take(), "running\r\x1b[2K\x1b[32mran\x1b[0m\n");
}

TEST(Page, ALineThatSomethingFollowedIsNotWrittenOver) {
  RenderOptions options = columns(40);
  options.is_terminal = true;
  Page page(options);
  page.tentative(Line().add(Ink::plain, "running"));
  page.stream(Ink::plain, "text ");
  page.replace(Line().add(Ink::plain, "ran"));
  EXPECT_EQ(page.take(), "running\ntext\nran\n");
}

// What is held of a stream is bounded, so each piece costs the same however much came before.
TEST(Page, AWordThatNeverEndsIsNotHeldForever) {
  Page page(columns(80));
  std::size_t written = 0;
  std::size_t given = 0;
  for (int i = 0; i < 100'000; ++i) {
    page.stream(Ink::plain, "x");
    ++given;
    written += page.take().size();
    ASSERT_LE(given, written + 300) << "held after " << i;
  }
}

}  // namespace
}  // namespace asmgr::rendering
