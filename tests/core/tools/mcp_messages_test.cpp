// The Model Context Protocol as values.
#include "core/tools/mcp_messages.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

TEST(McpMessages, ToolsAreNamedByTheirServerInLettersThatEveryModelTakes) {
  EXPECT_EQ(mcp_tool_name("files", "read_file"), "mcp__files__read_file");
  EXPECT_EQ(mcp_tool_name("my.server", "a/b c"), "mcp__my_server__a_b_c");
  const std::string long_name = mcp_tool_name("s", std::string(100, 'x'));
  EXPECT_EQ(long_name.size(), 64U);
  EXPECT_EQ(long_name, mcp_tool_name("s", std::string(100, 'x')));
  EXPECT_NE(long_name, mcp_tool_name("s", std::string(100, 'x') + "y")) << "though they begin alike";
}

TEST(McpMessages, APageOfToolsPassesOverWhatHasNoName) {
  const auto page = read_mcp_tools(boost::json::parse(R"({"tools":[{"name":"a","description":"does a",
      "inputSchema":{"type":"object","properties":{}}},{"description":"nameless"},7,{"name":"b","title":"Bee"}],
      "nextCursor":"2"})"),
                                   "srv");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->tools.size(), 2U);
  EXPECT_EQ(page->tools[0].name, "mcp__srv__a");
  EXPECT_EQ(page->tools[0].own_name, "a");
  EXPECT_EQ(page->tools[1].description, "Bee");
  EXPECT_EQ(to_text(page->tools[1].input_schema), R"({"type":"object"})");
  EXPECT_EQ(page->next_cursor, "2");
  for (const std::string_view wrong : {"{}", "[]", "7", R"({"tools":{}})"}) {
    EXPECT_FALSE(read_mcp_tools(boost::json::parse(wrong), "srv")) << wrong;
  }
}

TEST(McpMessages, AResultOfTextsIsOneTextAndOthersStayBlocks) {
  const auto read = [](std::string_view text) { return read_mcp_result(boost::json::parse(text)); };
  EXPECT_EQ(read(R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})").output, "a\nb");
  const ToolOutcome failed = read(R"({"content":[{"type":"text","text":"no"}],"isError":true})");
  EXPECT_TRUE(failed.is_error);
  EXPECT_EQ(failed.output, "no");
  EXPECT_EQ(to_text(read(R"({"content":[{"type":"image","data":"x","mimeType":"image/png"}]})").output),
            R"([{"type":"image","data":"x","mimeType":"image/png"}])");
  EXPECT_EQ(read(R"({"content":[],"structuredContent":{"n":1}})").output, R"({"n":1})");
  EXPECT_EQ(read("{}").output, "");
  EXPECT_TRUE(read("[]").is_error);
}

TEST(McpMessages, AServerOfAnUnknownRevisionIsRefused) {
  EXPECT_EQ(*read_mcp_initialize(boost::json::parse(R"({"protocolVersion":"2024-11-05"})")), "2024-11-05");
  EXPECT_FALSE(read_mcp_initialize(boost::json::parse(R"({"protocolVersion":"1999-01-01"})")));
  EXPECT_FALSE(read_mcp_initialize(boost::json::parse("{}")));
  EXPECT_FALSE(read_mcp_initialize(boost::json::parse("null")));
}

}  // namespace
}  // namespace asmgr
