#include "host/cli/event_text.hpp"

#include <gtest/gtest.h>

#include "tests/host/cli/captured_console.hpp"

namespace asmgr::cli {
namespace {

EventView event(EventType type, std::string_view data) {
  EventView view;
  view.type = type;
  view.type_name = type_name(type);
  view.sequence_number = 7;
  view.timestamp = Timestamp{1767323045000000};
  view.data = data;
  return view;
}

TEST(EventText, StreamedTextIsPrintedOnceAndEndsWithALineFeed) {
  CapturedConsole console;
  EventText text(*console);
  text.show(event(EventType::message_streamed, R"({"delta":"Hel"})"));
  text.show(event(EventType::message_streamed, R"({"delta":"lo"})"));
  text.show(event(EventType::message_received, R"({"role":"assistant","content":"Hello"})"));
  text.finish();
  EXPECT_EQ(console.out(), "Hello\n");
}

TEST(EventText, AMessageThatWasNotStreamedIsPrintedWhole) {
  CapturedConsole console;
  EventText text(*console);
  text.show(event(EventType::message_received, R"({"role":"assistant","content":"Hello\n"})"));
  text.finish();
  EXPECT_EQ(console.out(), "Hello\n");
}

TEST(EventText, TheTextPartsOfAMessageOfBlocksArePrinted) {
  CapturedConsole console;
  EventText text(*console);
  text.show(
      event(EventType::message_received, R"({"content":[{"type":"text","text":"a"},{"type":"image"},{"text":"b"}]})"));
  text.finish();
  EXPECT_EQ(console.out(), "ab\n");
}

TEST(EventText, WhatAToolStreamedIsNotPrintedAgainAsItsMessage) {
  CapturedConsole console;
  EventText text(*console);
  text.show(event(EventType::tool_call_started, R"({"tool_name":"bash","tool_input":{"command":"ls"}})"));
  text.show(event(EventType::message_streamed, R"({"delta":"a\n"})"));
  text.show(event(EventType::tool_call_completed, R"({"tool_name":"bash","tool_output":{"content":"a\n"}})"));
  text.show(event(EventType::message_received, R"({"role":"tool","content":"a\n"})"));
  text.finish();
  EXPECT_EQ(console.out(), "a\n");
  EXPECT_EQ(console.err(), "> bash ls\n< bash: a\n");
}

TEST(EventText, TwoMessagesAreKeptApart) {
  CapturedConsole console;
  EventText text(*console);
  text.show(event(EventType::message_streamed, R"({"delta":"one"})"));
  text.show(event(EventType::message_received, R"({"content":"one"})"));
  text.show(event(EventType::message_received, R"({"content":"two"})"));
  text.finish();
  EXPECT_EQ(console.out(), "one\ntwo\n");
}

TEST(EventText, ToolCallsAreLinesOnStandardErrorOnly) {
  CapturedConsole console;
  EventText text(*console);
  text.show(event(EventType::tool_call_started, R"({"tool_name":"bash","tool_input":{"command":"ls -l","cwd":"/"}})"));
  text.show(event(EventType::tool_call_completed, R"({"tool_name":"bash","tool_output":"a\nb"})"));
  text.show(event(EventType::tool_call_failed, R"({"tool_name":"bash","tool_output":{"exit_code":2}})"));
  text.finish();
  EXPECT_EQ(console.out(), "");
  EXPECT_EQ(console.err(), "> bash ls -l\n< bash: a\\nb\nx bash: {\"exit_code\":2}\n");
}

TEST(EventText, QuietLeavesOnlyTheText) {
  GlobalOptions options;
  options.quiet = true;
  CapturedConsole console(OutputFormat::text, Terminal::no, options);
  EventText text(*console);
  text.show(event(EventType::tool_call_started, R"({"tool_name":"bash"})"));
  text.show(event(EventType::message_received, R"({"content":"done"})"));
  text.finish();
  EXPECT_EQ(console.out(), "done\n");
  EXPECT_EQ(console.err(), "");
}

TEST(EventText, AnEventIsOneLineWhateverItsDataHolds) {
  EXPECT_EQ(event_line(event(EventType::message_sent, R"({"role":"user","content":"a\nb\u001b[1m"})")),
            "    7  2026-01-02 03:04:05Z  message_sent           user: a\\nb\\x1b[1m");
  EXPECT_EQ(event_line(event(EventType::session_started, "{}")), "    7  2026-01-02 03:04:05Z  session_started");
}

TEST(EventText, AnEventOfAnUnknownTypeIsShownUnderItsOwnName) {
  EventView view = event(EventType::unknown, R"({"x":1})");
  view.type_name = "from_the_future";
  EXPECT_EQ(event_line(view), "    7  2026-01-02 03:04:05Z  from_the_future        {\"x\":1}");
}

TEST(EventText, DataThatIsNoJsonIsNoReasonToFail) {
  CapturedConsole console;
  EventText text(*console);
  text.show(event(EventType::message_streamed, "{broken"));
  text.finish();
  EXPECT_EQ(console.out(), "");
}

}  // namespace
}  // namespace asmgr::cli
