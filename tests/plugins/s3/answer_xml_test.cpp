#include "plugins/s3/answer_xml.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace asmgr::s3_store {
namespace {

using Elements = std::vector<std::pair<std::string, std::string>>;

Elements elements_of(std::string_view xml, bool whole = true) {
  Elements seen;
  EXPECT_EQ(read_xml(xml, [&](std::string_view path, const std::string& text) { seen.emplace_back(path, text); }),
            whole)
      << xml;
  return seen;
}

TEST(AnswerXml, TellsElementsWithTheirPathsInOrder) {
  EXPECT_EQ(elements_of("<?xml version=\"1.0\"?>\n<!-- c --><R xmlns='u'><A>1</A><s:B x=\"y\"> 2 </s:B><C/></R>\n"),
            (Elements{{"R/A", "1"}, {"R/B", " 2 "}, {"R/C", ""}, {"R", ""}}));
}

TEST(AnswerXml, ResolvesReferencesAndTakesSectionsAsTheyAre) {
  EXPECT_EQ(elements_of("<K>a&amp;b&lt;&gt;&quot;&apos;&#65;&#xe4;&#x1F30D;<![CDATA[<&]]></K>"),
            (Elements{{"K", "a&b<>\"'A\xc3\xa4\xf0\x9f\x8c\x8d<&"}}));
}

TEST(AnswerXml, SaysWhatIsNoDocument) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  for (const std::string& broken :
       {std::string(), std::string("text"), std::string("<a>"), std::string("<a></b>"), std::string("</a>"),
        std::string("<a>&nothing;</a>"), std::string("<a>&amp</a>"), std::string("<a/><b/>"), std::string("<"),
        std::string("<>"), std::string("<a>&#x110000;</a>"), std::string("<!-- "), deep}) {
    static_cast<void>(elements_of(broken, false));
  }
}

TEST(AnswerXml, FindsTheFirstTextOfAPath) {
  EXPECT_EQ(text_in_xml("<Error><Code>SlowDown</Code><Code>2</Code></Error>", "Error/Code"), "SlowDown");
  EXPECT_EQ(text_in_xml("<Error></Error>", "Error/Code"), "");
  EXPECT_EQ(text_in_xml("\n   <Error><Code>after blanks</Code></Error>", "Error/Code"), "after blanks");
}

}  // namespace
}  // namespace asmgr::s3_store
