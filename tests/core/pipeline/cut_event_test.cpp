#include "core/pipeline/cut_event.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kLimit = 8192;

boost::json::object cut(const std::string& data, std::size_t limit = kLimit,
                        const std::string& artifact = "asmgr-1/a") {
  const std::string text = cut_event_data(data, limit, {data.size(), std::string(64, 'a'), artifact});
  EXPECT_LE(text.size(), std::max(limit, kLeastEventBytes));
  EXPECT_TRUE(is_valid_utf8(text));
  auto parsed = parse_json_object(text, "cut data");
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : boost::json::object();
}

std::string text_at(const boost::json::object& object, const char* pointer) {
  return std::string(boost::json::value(object).at_pointer(pointer).as_string());
}

TEST(CutEvent, TheLargestTextKeepsItsBeginningAndTheOthersAllOfThem) {
  const std::string said(100'000, 'x');
  const auto data = cut(R"({"tool_call_id":"c1","tool_name":"bash","tool_output":{"stdout":")" + said +
                        R"(","stderr":"small","exit_code":3},"is_error":false})");
  EXPECT_EQ(text_at(data, "/tool_call_id"), "c1");
  EXPECT_EQ(text_at(data, "/tool_name"), "bash");
  EXPECT_EQ(text_at(data, "/tool_output/stderr"), "small");
  EXPECT_EQ(boost::json::value(data).at_pointer("/tool_output/exit_code").as_int64(), 3);
  EXPECT_FALSE(data.at("is_error").as_bool());
  const std::string out = text_at(data, "/tool_output/stdout");
  EXPECT_GT(out.size(), kLimit * 8 / 10) << "room was left";
  EXPECT_TRUE(out.starts_with("xxxx"));
  EXPECT_TRUE(out.ends_with(" of 100000 bytes]")) << out.substr(out.size() - 60);
}

TEST(CutEvent, SaysWhereTheWholeIsOrThatItIsNowhere) {
  const std::string data = R"({"content":")" + std::string(50'000, 'x') + R"("})";
  const auto kept = cut(data);
  EXPECT_EQ(boost::json::value(kept).at_pointer("/_truncated/bytes").as_int64(), 50'014);
  EXPECT_EQ(text_at(kept, "/_truncated/artifact"), "asmgr-1/a");
  EXPECT_EQ(text_at(kept, "/_truncated/sha256"), std::string(64, 'a'));
  EXPECT_TRUE(boost::json::value(cut(data, kLimit, "")).at_pointer("/_truncated/artifact").is_null());
}

TEST(CutEvent, TwoLargeTextsShareTheRoom) {
  const auto data = cut(R"({"a":")" + std::string(50'000, 'x') + R"(","b":")" + std::string(60'000, 'y') + R"("})");
  const std::size_t a = text_at(data, "/a").size();
  const std::size_t b = text_at(data, "/b").size();
  EXPECT_GT(a, 3000U);
  EXPECT_GT(b, 3000U);
}

TEST(CutEvent, NoCharacterIsCutInTwo) {
  for (const std::string_view character : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    for (std::size_t shift = 0; shift < character.size(); ++shift) {
      std::string said(shift, 'x');
      while (said.size() < 20'000) said += character;
      const std::string out = text_at(cut(R"({"content":")" + said + R"("})"), "/content");
      const std::size_t end = out.rfind("\n[cut: ");
      ASSERT_NE(end, std::string::npos);
      EXPECT_EQ((end - shift) % character.size(), 0U);
    }
  }
}

TEST(CutEvent, WhatIsEscapedCountsAsItIsPrinted) {
  std::string said;
  for (int i = 0; i < 20'000; ++i) said += i % 2 == 0 ? "\\u0001" : "\\\"";
  const auto data = cut(R"({"content":")" + said + R"("})");
  EXPECT_GT(text_at(data, "/content").size(), 1000U);
}

TEST(CutEvent, OfALongListTheFirstElementsStay) {
  std::string list;
  for (int i = 0; i < 50'000; ++i) list += (i == 0 ? "" : ",") + std::to_string(i);
  const auto data = cut(R"({"tool_name":"seq","tool_output":[)" + list + "]}");
  EXPECT_EQ(text_at(data, "/tool_name"), "seq");
  const boost::json::array& kept = data.at("tool_output").as_array();
  ASSERT_GT(kept.size(), 500U);
  EXPECT_EQ(kept[499].as_int64(), 499);
}

TEST(CutEvent, BlocksOfAListAreCutAsMembersAre) {
  const auto data = cut(R"({"content":[{"type":"text","text":")" + std::string(90'000, 'x') +
                        R"("},{"type":"text","text":"the end"}]})");
  EXPECT_EQ(text_at(data, "/content/1/text"), "the end");
  EXPECT_TRUE(text_at(data, "/content/0/text").starts_with("xxx"));
}

TEST(CutEvent, AmongTooManyMembersThoseThatEveryoneLooksForStay) {
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  const auto data = cut("{" + many + R"("role":"assistant","content":"said"})");
  EXPECT_EQ(text_at(data, "/role"), "assistant");
  EXPECT_EQ(text_at(data, "/content"), "said");
}

// Of any shape, with texts of any characters: never too large, always an object, and small things stay.
class AnyData {
 public:
  explicit AnyData(unsigned seed) : random_(seed) {}
  boost::json::value value(int depth) {
    made_ += 16;
    switch (made_ > kMost ? 2 : below(depth == 0 ? 3 : 5)) {
      case 0:
        return boost::json::string(text(below(4) == 0 ? 30'000 : 20));
      case 1:
        return static_cast<std::int64_t>(random_());
      case 2:
        return nullptr;
      case 3: {
        boost::json::array list;
        for (auto count = below(below(3) == 0 ? 300 : 6); count > 0; --count) list.push_back(value(depth - 1));
        return list;
      }
      default:
        return object(depth - 1);
    }
  }
  boost::json::object object(int depth) {
    boost::json::object made;
    for (auto count = below(below(5) == 0 ? 400 : 8); count > 0; --count) made[text(12)] = value(depth);
    return made;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::string text(std::size_t most) {
    static constexpr std::array<std::string_view, 8> kPieces{
        "a", "\"", "\\", "\n", "\x01", "\xC3\xA4", "\xF0\x9F\x98\x80", "word "};
    std::string made;
    for (auto size = below(most) + 1; made.size() < size;) made += kPieces.at(below(kPieces.size()));
    made_ += made.size();
    return made;
  }
  static constexpr std::size_t kMost = 60'000;
  std::mt19937 random_;
  std::size_t made_ = 0;  // bytes of text
};

TEST(CutEvent, NothingIsTooLargeAfterwards) {
  std::size_t tried = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    AnyData any(seed);
    boost::json::object data = any.object(3);
    data["role"] = "user";
    const std::string text = to_text(data);
    if (text.size() <= kLeastEventBytes) continue;
    ++tried;
    const std::size_t limit = std::max(kLeastEventBytes, text.size() / (2 + seed % 30));
    const boost::json::object kept = cut(text, limit);
    EXPECT_TRUE(kept.contains("_truncated")) << seed;
    EXPECT_TRUE(kept.contains("role")) << seed;
  }
  EXPECT_GT(tried, 20U);
}

TEST(CutEvent, AnOlderMarkOfAProvidersOwnIsReplaced) {
  const auto data = cut(R"({"_truncated":"by me","content":")" + std::string(20'000, 'x') + R"("})");
  EXPECT_TRUE(data.at("_truncated").is_object());
}

TEST(CutEvent, WhatIsNoObjectIsTheMarkAlone) {
  EXPECT_EQ(cut(std::string(20'000, '[')).size(), 1U);
}

}  // namespace
}  // namespace asmgr
