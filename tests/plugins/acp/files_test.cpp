// Files that an agent reads and writes through the host.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/plugins/acp/talk.hpp"

namespace asmgr_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AcpFiles : public ::testing::Test {
 protected:
  AcpFiles() {
    talk.config.fs = true;
    talk.open();
    file = talk.config.agent.cwd + "/a.txt";
  }
  void write(const std::string& id, const std::string& path, const std::string& content) {
    boost::json::object params;
    params["sessionId"] = "s1";
    params["path"] = path;
    params["content"] = content;
    talk.request(id, "fs/write_text_file", boost::json::serialize(params));
  }
  void read(const std::string& id, const std::string& path) {
    talk.request(id, "fs/read_text_file", R"({"sessionId":"s1","path":")" + path + "\"}");
  }
  Talk talk;
  std::string file;
};

TEST_F(AcpFiles, ReadingIsFree) {
  std::ofstream(file) << "text";
  read("1", file);
  EXPECT_EQ(talk.answer_to(1).at("result"), object_of(R"({"content":"text"})"));
  EXPECT_THAT(talk.host.asked, IsEmpty());
}

TEST_F(AcpFiles, WhatIsMissingOrOutsideIsAnError) {
  read("1", file);
  EXPECT_EQ(talk.answer_to(1).at("error").at("code"), -32002);
  read("2", "/etc/passwd");
  EXPECT_EQ(talk.answer_to(2).at("error").at("code"), -32602);
  write("3", "/etc/asmgr-test", "x");
  EXPECT_EQ(talk.answer_to(3).at("error").at("code"), -32602);
  EXPECT_THAT(talk.host.asked, IsEmpty());
}

TEST_F(AcpFiles, WritingAsksAndIsAToolCall) {
  write("1", file, "text");
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(talk.host.asked.at(0).at("tool_name"), "edit");
  EXPECT_EQ(talk.host.asked.at(0).at("tool_input").at("path"), boost::json::value(file));
  EXPECT_EQ(talk.host.asked.at(0).at("tool_input").at("content"), "text");
  talk.allow(1);
  EXPECT_EQ(read_whole_file(file), "text");
  EXPECT_TRUE(talk.answer_to(1).contains("result"));
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_started", "tool_call_completed"));
}

TEST_F(AcpFiles, WhatIsDeniedIsNotWritten) {
  write("1", file, "text");
  talk.deny(1, "not there");
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(talk.answer_to(1).at("error").at("message"), "not permitted: not there");
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_failed"));
}

TEST_F(AcpFiles, APermissionForThisFileIsEnoughWhileItsCallRuns) {
  talk.ask("1", R"({"toolCallId":"t","kind":"edit","locations":[{"path":")" + file + R"("}]})");
  talk.allow(1);
  write("2", file, "first");
  EXPECT_EQ(read_whole_file(file), "first");
  write("3", file + ".other", "x");
  EXPECT_EQ(talk.host.asked.size(), 2U);
  talk.update(R"({"sessionUpdate":"tool_call_update","toolCallId":"t","status":"completed"})");
  write("4", file, "second");
  EXPECT_EQ(talk.host.asked.size(), 3U);
  EXPECT_EQ(read_whole_file(file), "first");
}

TEST_F(AcpFiles, WhatWaitsForPermissionIsDroppedByACancel) {
  write("1", file, "text");
  talk.conversation->cancel();
  EXPECT_EQ(talk.answer_to(1).at("error").at("code"), -32800);
  talk.allow(1);
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(AcpFiles, OtherSessionsGetNothing) {
  std::ofstream(file) << "text";
  talk.request("1", "fs/read_text_file", R"({"sessionId":"s2","path":")" + file + "\"}");
  EXPECT_EQ(talk.answer_to(1).at("error").at("code"), -32602);
}

TEST(AcpFilesNotOffered, AreNoMethod) {
  Talk talk;
  talk.open();
  talk.request("1", "fs/read_text_file", R"({"sessionId":"s1","path":"/a"})");
  talk.request("2", "terminal/create", R"({"sessionId":"s1","command":"ls"})");
  EXPECT_EQ(talk.answer_to(1).at("error").at("code"), -32601);
  EXPECT_EQ(talk.answer_to(2).at("error").at("code"), -32601);
}

}  // namespace
}  // namespace asmgr_test
