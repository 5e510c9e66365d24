// Characters that a sender cut in two, in streams of JSON documents.
#include <asmgr/toolkit/surrogates.hpp>

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace asmgr::sdk {
namespace {

// The values of `t` of all documents, joined.
std::string joined(const std::vector<std::string>& documents) {
  SurrogateMender mender;
  std::string text;
  for (const std::string& document : documents) {
    const std::optional<boost::json::object> parsed = parse_object("{\"t\":\"" + document + "\"}", mender);
    text += parsed ? std::string(text_member(*parsed, "t")) : "<refused>";
  }
  return text;
}

TEST(Surrogates, ACharacterCutBetweenTwoDocumentsIsPutTogether) {
  EXPECT_EQ(joined({"a\\ud83d", "\\udc69b"}),
            "a\xF0\x9F\x91\xA9"
            "b");
}

TEST(Surrogates, OneThatWaitedForSeveralDocumentsIsPutTogetherToo) {
  EXPECT_EQ(joined({"a\\uD83D", "", "b", "\\uDC69"}), "ab\xF0\x9F\x91\xA9");
}

TEST(Surrogates, SeveralInARowAreToldApart) {
  EXPECT_EQ(joined({"\\ud83d", "\\udc69 \\ud83d", "\\ude80"}), "\xF0\x9F\x91\xA9 \xF0\x9F\x9A\x80");
}

TEST(Surrogates, AWholeCharacterBetweenTheHalvesStaysWhole) {
  EXPECT_EQ(joined({"\\ud83d", "\\ud83d\\ude80", "\\udc69"}), "\xF0\x9F\x9A\x80\xF0\x9F\x91\xA9");
}

TEST(Surrogates, HalvesThatNeverMeetBecomeTheReplacementCharacter) {
  EXPECT_EQ(joined({"a\\udc69b"}),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(joined({"a\\ud83db", "\\ud83d", "\\udc69"}), "ab\xEF\xBF\xBD\xF0\x9F\x91\xA9");
}

TEST(Surrogates, OtherEscapesAreLeftAlone) {
  EXPECT_EQ(joined({R"(\\ud83d \"\n \u00e9 \\)"}), "\\ud83d \"\n \xC3\xA9 \\");
}

TEST(Surrogates, BrokenDocumentsAreLeftToTheParser) {
  SurrogateMender mender;
  for (const std::string document : {"\\", "\\u", "\\ud83", "\\ud8zz", "{\"t\":\"\\ud83d\\"}) {
    EXPECT_FALSE(parse_object(document, mender)) << document;
  }
}

}  // namespace
}  // namespace asmgr::sdk
