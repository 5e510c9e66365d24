// What studio remembers from one event to the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/render/renderer.hpp"
#include "tests/core/render/random_events.hpp"

namespace asmgr {
namespace {

class StudioTest : public testing::Test {
 protected:
  StudioTest() {
    RenderOptions options;
    options.width = 60;
    options.is_terminal = true;
    renderer_ = make_renderer(RenderStyle::studio, options);
  }
  std::string show(EventType type, const std::string& data, std::int64_t at_ms = 0) {
    Event event = event_of(type, data);
    event.timestamp.us += at_ms * 1000;
    return renderer_->render(view_of(event));
  }
  std::unique_ptr<Renderer> renderer_;
};

TEST_F(StudioTest, ToolsThatRunSideBySideHaveALineEach) {
  show(EventType::tool_call_started, R"({"tool_call_id":"1","tool_name":"bash","tool_input":{"command":"a"}})");
  show(EventType::tool_call_started, R"({"tool_call_id":"2","tool_name":"bash","tool_input":{"command":"b"}})");
  EXPECT_EQ(show(EventType::tool_call_completed, R"({"tool_call_id":"1","tool_name":"bash"})"), "\n✓ Ran: a\n");
  EXPECT_EQ(show(EventType::tool_call_completed, R"({"tool_call_id":"2","tool_name":"bash"})"), "✓ Ran: b\n");
}

TEST_F(StudioTest, TheTimeOfAToolIsThatBetweenItsEvents) {
  show(EventType::tool_call_started, R"({"tool_call_id":"1","tool_name":"bash","tool_input":{"command":"a"}})", 0);
  EXPECT_THAT(show(EventType::tool_call_completed, R"({"tool_call_id":"1","tool_name":"bash"})", 2100),
              testing::HasSubstr("✓ Ran: a (2.1s)\n"));
  show(EventType::tool_call_started, R"({"tool_call_id":"2","tool_name":"bash","tool_input":{"command":"a"}})", 3000);
  EXPECT_THAT(show(EventType::tool_call_completed, R"({"tool_call_id":"2","tool_name":"bash"})", 5000),
              testing::HasSubstr("✓ Ran: a\n"))
      << "short ones are not worth it";
}

TEST_F(StudioTest, AToolFailedWhenItsStatusOrItsExitCodeSaysSo) {
  EXPECT_THAT(show(EventType::tool_call_completed, R"({"tool_name":"bash","status":"failed"})"),
              testing::HasSubstr("✗ Bash failed"));
  EXPECT_THAT(show(EventType::tool_call_completed, R"({"tool_name":"bash","tool_output":{"exit_code":2}})"),
              testing::HasSubstr("✗ Bash failed (exit 2)"));
}

TEST_F(StudioTest, AMessageIsShownOnce) {
  EXPECT_EQ(show(EventType::message_streamed, R"({"delta":"Hello you "})"), "Hello you");
  EXPECT_EQ(show(EventType::token_usage_updated, R"({"input_tokens":1})"), "");
  EXPECT_EQ(show(EventType::message_streamed, R"({"delta":"there"})"), "");
  EXPECT_EQ(show(EventType::message_received, R"({"content":"Hello you there"})"), " there\n");
  EXPECT_EQ(show(EventType::message_received, R"({"content":"Another one"})"), "Another one\n");
}

TEST_F(StudioTest, TheWidthOfTheTerminalMayChange) {
  renderer_->resize(20);
  EXPECT_EQ(show(EventType::message_received, R"({"content":"one two three four five"})"),
            "one two three four\nfive\n");
}

}  // namespace
}  // namespace asmgr
