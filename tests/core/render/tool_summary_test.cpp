#include "core/render/tool_summary.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"

namespace asmgr::rendering {
namespace {

boost::json::object object(std::string_view text) {
  return *parse_json_object(text, "input");
}

std::string start(std::string_view tool, std::string_view input) {
  const ToolSummary summary = summary_of_start(tool, object(input));
  return summary.verb + summary.subject + summary.outcome;
}

std::string end(std::string_view tool, std::string_view input, const ToolEnd& how) {
  const ToolSummary summary = summary_of_end(tool, object(input), how);
  return summary.verb + summary.subject + summary.outcome;
}

TEST(ToolSummary, ToolsThatManyAgentsHaveAreToldInTheirOwnWords) {
  ToolEnd how;
  how.output = "one\ntwo\n";
  EXPECT_EQ(start("Bash", R"({"command":"ls -la"})"), "Running: ls -la");
  EXPECT_EQ(start("shell", R"({"command":["git","status"]})"), "Running: git status");
  EXPECT_EQ(start("bash", R"({"command":"sh","args":["-c","ls"]})"), "Running: sh -c ls");
  EXPECT_EQ(end("Read", R"({"file_path":"/a/b.txt"})", how), "Read /a/b.txt (2 lines)");
  EXPECT_EQ(end("write_file", R"({"path":"b.txt","content":"x"})", how), "Wrote b.txt (1 line)");
  EXPECT_EQ(end("Edit", R"({"file_path":"b.txt"})", how), "Edited b.txt");
  EXPECT_EQ(end("Glob", R"({"pattern":"*.hpp"})", how), "Found 2 files matching *.hpp");
  EXPECT_EQ(end("Grep", R"({"pattern":"x"})", how), "Found 2 matches for x");
  EXPECT_EQ(end("Task", R"({"description":"Look around"})", how), "Task complete: Look around (8 chars)");
  EXPECT_EQ(end("WebFetch", R"({"url":"https://me:secret@example.com:8080/a?b"})", how),
            "Fetched example.com:8080 (8 chars)");
  EXPECT_EQ(end("WebSearch", R"({"query":"graphemes"})", how), "Searched the web: graphemes (8 chars)");
  EXPECT_EQ(start("list_files", R"({"path":"include"})"), "list_files: include");
  EXPECT_EQ(end("list_files", "{}", how), "list_files complete (8 chars)");
}

TEST(ToolSummary, ACommandSaysHowItEnded) {
  ToolEnd how;
  how.exit_code = 0;
  how.output = std::string(1234, 'x');
  how.duration_ms = 2100;
  EXPECT_EQ(end("bash", R"({"command":"make"})", how), "Ran: make (exit 0, 1.2k chars, 2.1s)");
  how.failed = true;
  how.exit_code = 2;
  EXPECT_EQ(end("bash", R"({"command":"make"})", how), "Bash failed: make (exit 2, 2.1s)");
}

TEST(ToolSummary, WhatIsLongIsShortened) {
  EXPECT_EQ(start("bash", R"({"command":")" + std::string(100, 'x') + "\"}"),
            "Running: " + std::string(60, 'x') + "\xe2\x80\xa6");
  EXPECT_EQ(shortened_path("short/path"), "short/path");
  EXPECT_EQ(shortened_path("/home/ana/a_rather_long_folder/another_rather_long_folder/src/file.cpp"),
            "/home/\xe2\x80\xa6/src/file.cpp");
  EXPECT_EQ(shortened_path("home/ana/a_rather_long_folder/another_rather_long_folder/src/file.cpp"),
            "home/\xe2\x80\xa6/src/file.cpp");
}

TEST(ToolSummary, SizesAreRounded) {
  EXPECT_EQ(size_text("x"), "1 char");
  EXPECT_EQ(size_text(std::string(999, 'x')), "999 chars");
  EXPECT_EQ(size_text(std::string(1000, 'x')), "1.0k chars");
  EXPECT_EQ(size_text(std::string(9999, 'x')), "9.9k chars");
  EXPECT_EQ(size_text(std::string(12345, 'x')), "12k chars");
  EXPECT_EQ(size_text("\xe6\x97\xa5"), "1 char");
}

}  // namespace
}  // namespace asmgr::rendering
