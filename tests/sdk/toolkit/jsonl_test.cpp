#include <gtest/gtest.h>
#include <asmgr/toolkit/jsonl.hpp>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace asmgr::jsonl {
namespace {

class Collected {
 public:
  explicit Collected(std::size_t limit = 1024) : reader(limit) {}
  bool feed(std::string_view bytes) { return reader.feed(bytes, take); }
  bool finish() { return reader.finish(take); }

  LineReader reader;
  std::vector<std::string> lines;
  LineReader::Deliver take = [this](std::string_view line) { lines.emplace_back(line); };
};

using Lines = std::vector<std::string>;

TEST(LineReader, CutsAtLineFeedsWithOrWithoutCarriageReturns) {
  Collected seen;
  EXPECT_TRUE(seen.feed("a\nb\r\n\n\r\nc\rd\n"));
  EXPECT_TRUE(seen.finish());
  EXPECT_EQ(seen.lines, (Lines{"a", "b", "", "", "c\rd"}));
}

TEST(LineReader, DeliversALastLineWithoutAnEnd) {
  Collected seen;
  EXPECT_TRUE(seen.feed("a\nlast\r"));
  EXPECT_EQ(seen.lines, (Lines{"a"}));
  EXPECT_TRUE(seen.finish());
  EXPECT_TRUE(seen.finish());
  EXPECT_EQ(seen.lines, (Lines{"a", "last"}));
}

TEST(LineReader, GivesTheSameLinesHoweverTheBytesCome) {
  const std::string text = "one\r\n\xff\xfe\n\ntwo and more\nend";
  Collected whole;
  EXPECT_TRUE(whole.feed(text) && whole.finish());
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    Collected seen;
    for (std::size_t at = 0; at < text.size(); at += piece) EXPECT_TRUE(seen.feed(text.substr(at, piece)));
    EXPECT_TRUE(seen.finish());
    EXPECT_EQ(seen.lines, whole.lines) << "in pieces of " << piece;
  }
}

TEST(LineReader, ALineThatIsTooLongFailsItAndSaysWhich) {
  Collected seen(4);
  EXPECT_TRUE(seen.feed("abcd\nab"));
  EXPECT_TRUE(seen.feed("cd"));
  EXPECT_FALSE(seen.feed("e"));
  EXPECT_EQ(seen.reader.error(), "line 2 is longer than 4 bytes, the most that is read");
  EXPECT_FALSE(seen.feed("\nx\n"));
  EXPECT_FALSE(seen.finish());
  EXPECT_EQ(seen.lines, (Lines{"abcd"}));
}

TEST(LineReader, ATooLongLineIsFoundInsideOnePieceToo) {
  Collected seen(4);
  EXPECT_FALSE(seen.feed("ok\nabcde\nx\n"));
  EXPECT_EQ(seen.lines, (Lines{"ok"}));
}

bool is_object(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  return !error && value.is_object();
}

// Whoever reads only whole objects is not taken in by a recording that was cut anywhere.
TEST(LineReader, NoCutThroughARecordingMakesALineThatWasNotThere) {
  const std::filesystem::path data = std::string(ASMGR_SOURCE_DIR) + "/tests/data";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    ++files;
    std::size_t line_begin = 0;
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      const std::string_view left = std::string_view(text).substr(line_begin, cut - line_begin);
      Collected seen(1 << 20);
      EXPECT_TRUE(seen.feed(left) && seen.finish());
      EXPECT_EQ(seen.lines.size(), left.empty() ? 0U : 1U);
      if (text[cut] == '\n') {
        line_begin = cut + 1;  // here the line is whole
      } else if (left.size() < 64 || left.back() == '}' || left.size() % 97 == 0) {
        EXPECT_FALSE(is_object(left)) << entry.path() << " cut at byte " << cut;
      }
    }
  }
  EXPECT_GE(files, 40U);
}

}  // namespace
}  // namespace asmgr::jsonl
