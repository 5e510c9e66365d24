#include "core/model/json.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <new>

#include "random_model.hpp"

namespace asmgr {
namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}
std::string nested_object(std::size_t levels) {
  std::string text = "1";
  for (; levels > 0; --levels) text = "{\"a\":" + text + "}";
  return text;
}

TEST(ParseJson, SaysWhereAndWhatIsWrong) {
  const auto value = parse_json(R"({"a": tru})", "request body");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), ErrorCode::invalid_format);
  EXPECT_EQ(value.error().message(), "request body is not valid JSON at byte 6: syntax error");
  EXPECT_EQ(find_int(value.error().details(), "offset"), 6);
}

TEST(ParseJson, IsStrict) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "01",
                                      "+1",
                                      "1.",
                                      "NaN",
                                      "'a'",
                                      "// c\n1",
                                      "1 2",
                                      "{a:1}",
                                      "\"\\x\"",
                                      "\"\n\"",
                                      "\xEF\xBB\xBF{}",
                                      "\"\xFF\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"\xC0\xAF\"",
                                      "\"\\ud800\""}) {
    EXPECT_FALSE(parse_json(text, "t")) << text;
  }
}

TEST(ParseJson, HoldsTheDepthLimit) {
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth), "t"));
  const auto value = parse_json(nested(kMaxJsonDepth + 1), "t");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message(), "t is not valid JSON at byte 64: nested deeper than 64 levels");
  EXPECT_FALSE(parse_json(std::string(1'000'000, '['), "t"));
}

TEST(ParseJsonObject, WantsAnObject) {
  EXPECT_EQ(parse_json_object("[1]", "doc").error().message(), "doc must be a JSON object, but it is an array");
  EXPECT_EQ(parse_json_object("7", "doc").error().message(), "doc must be a JSON object, but it is 7");
  EXPECT_TRUE(parse_json_object(" {} ", "doc"));
}

TEST(CheckJsonObject, GivesTheErrorThatParsingGives) {
  for (const std::string& text :
       {std::string("{"), std::string("{}x"), std::string("[1]"), std::string(" \"a\""), std::string("null"),
        std::string("  "), std::string("{\"a\":\"\xFF\"}"), std::string("{\"a\":\"\\udc00\"}"),
        std::string("{\"a\" 1}"), std::string("{\"a\":01}"), nested_object(kMaxJsonDepth + 1), std::string("\0", 1)}) {
    const auto checked = check_json_object(text, "data");
    const auto parsed = parse_json_object(text, "data");
    ASSERT_FALSE(checked) << text;
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(checked.error(), parsed.error()) << text << "\n"
                                               << checked.error().message() << "\n"
                                               << parsed.error().message();
  }
}

TEST(CheckJsonObject, AcceptsWhatParsingAccepts) {
  EXPECT_TRUE(check_json_object("", "data"));
  EXPECT_TRUE(check_json_object(" { } \n", "data"));
  EXPECT_TRUE(check_json_object(nested_object(kMaxJsonDepth), "data"));
  test::RandomModel random(3);
  for (int i = 0; i < 300; ++i) {
    const std::string text = to_text(random.object());
    EXPECT_TRUE(check_json_object(text, "data")) << text;
  }
}

TEST(CheckJsonObject, EveryCutOfAnObjectIsRefused) {
  test::RandomModel random(4);
  const std::string text = to_text(boost::json::object{{"k", random.object()}, {"s", "\xE2\x82\xAC\\"}});
  for (std::size_t length = 1; length < text.size(); ++length) {
    EXPECT_FALSE(check_json_object(std::string_view(text).substr(0, length), "data")) << length;
  }
}

TEST(Utf8, IsCheckedByTheUnicodeTable) {
  for (const std::string_view text :
       {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "12345678\xC3\xA9 12345678"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << text;
  }
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "12345678\xFF", "1234567\xC3"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(ToText, RandomValuesComeBack) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    const boost::json::value value = test::RandomModel(seed).value(4);
    const std::string text = to_text(value);
    const auto read = parse_json(text, "t");
    ASSERT_TRUE(read) << "seed " << seed << ": " << text;
    EXPECT_EQ(*read, value) << "seed " << seed << ": " << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

TEST(ToText, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(to_text(boost::json::value(0.5)), "0.5");
  EXPECT_EQ(to_text(boost::json::value(1.0)), "1.0");
  EXPECT_EQ(to_text(boost::json::value(-0.0)), "-0.0");
  EXPECT_EQ(to_text(boost::json::value(0.0123)), "0.0123");
  EXPECT_EQ(to_text(boost::json::value(1e22)), "1e+22");
  EXPECT_EQ(to_text(boost::json::value(std::numeric_limits<double>::quiet_NaN())), "null");
  EXPECT_TRUE(parse_json(to_text(boost::json::value(std::numeric_limits<double>::infinity())), "t"));
  EXPECT_EQ(to_text(boost::json::value(std::numeric_limits<std::uint64_t>::max())), "18446744073709551615");
}

TEST(AppendJsonString, EscapesWhatMustBeAndNothingElse) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\/\b\f\n\r\t\x01\x1F\x7F\0\xC3\xA9", 15));
  EXPECT_EQ(out, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\\u0000\xC3\xA9\"");
}

TEST(AppendJsonString, ReplacesWhatIsNoUtf8) {
  std::string out;
  append_json_string(out, "a\xFF\xC3z\xE2\x82");
  EXPECT_EQ(out, "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_TRUE(parse_json(out, "t"));
}

TEST(Find, ReadsMembersOfTheirTypeOnly) {
  const auto object = *parse_json_object(
      R"({"n":null,"b":true,"i":7,"f":2.0,"g":2.5,"u":18446744073709551615,"big":1e300,"s":"x","o":{},"a":[]})", "t");
  EXPECT_EQ(find(object, "none"), nullptr);
  EXPECT_NE(find(object, "n"), nullptr);
  EXPECT_EQ(find_int(object, "i"), 7);
  EXPECT_EQ(find_int(object, "f"), 2);
  EXPECT_EQ(find_int(object, "g"), std::nullopt);
  EXPECT_EQ(find_int(object, "u"), std::nullopt);
  EXPECT_EQ(find_int(object, "big"), std::nullopt);
  EXPECT_EQ(find_int(object, "s"), std::nullopt);
  EXPECT_EQ(find_number(object, "i"), 7.0);
  EXPECT_EQ(find_number(object, "g"), 2.5);
  EXPECT_EQ(find_number(object, "b"), std::nullopt);
  EXPECT_EQ(find_number(*parse_json_object(R"({"a":0e999})", "zero"), "a"), std::nullopt);
  EXPECT_EQ(find_bool(object, "b"), true);
  EXPECT_EQ(find_bool(object, "i"), std::nullopt);
  EXPECT_EQ(find_string(object, "s"), "x");
  EXPECT_EQ(find_string(object, "i"), std::nullopt);
  EXPECT_NE(find_object(object, "o"), nullptr);
  EXPECT_EQ(find_object(object, "a"), nullptr);
  EXPECT_NE(find_array(object, "a"), nullptr);
  EXPECT_EQ(find_array(object, "n"), nullptr);
}

TEST(DeepMerge, MergesObjectsAndReplacesTheRest) {
  auto base = *parse_json_object(R"({"a":{"x":1,"y":[1,2]},"b":1,"c":{"z":1}})", "t");
  deep_merge(base, *parse_json_object(R"({"a":{"y":[3],"w":{}},"b":{"q":1},"c":null,"d":2})", "t"));
  EXPECT_EQ(to_text(base), R"({"a":{"x":1,"y":[3],"w":{}},"b":{"q":1},"c":null,"d":2})");
}

}  // namespace
}  // namespace asmgr
