// A session's log in a few words: adds events, numbers them, and shows the transcript as lines.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/json.hpp"
#include "core/transcript/transcript_builder.hpp"

namespace asmgr::test {

class SessionLog {
 public:
  explicit SessionLog(std::string session_id = "ses_1") : session_id_(std::move(session_id)) {}

  // `data` is a JSON object; an empty run is the session itself.
  SessionLog& add(EventType type, std::string_view run, std::string data = "{}", std::string metadata = "{}") {
    Event event;
    event.sequence_number = events_.size() + 1;
    event.id = "evt_" + std::to_string(event.sequence_number);
    event.type = type;
    event.type_name = type_name(type);
    event.timestamp = Timestamp{1'700'000'000'000'000 + static_cast<std::int64_t>(event.sequence_number)};
    event.session_id = session_id_;
    event.run_id = run;
    event.data = std::move(data);
    event.metadata = std::move(metadata);
    events_.push_back(std::move(event));
    return *this;
  }
  SessionLog& sent(std::string_view text, std::string_view run = "run_1") {
    return add(EventType::message_sent, run, member("content", text));
  }
  SessionLog& received(std::string_view text, std::string_view run = "run_1") {
    return add(EventType::message_received, run, member("content", text));
  }
  SessionLog& streamed(std::string_view text, std::string_view run = "run_1") {
    return add(EventType::message_streamed, run, member("delta", text));
  }
  SessionLog& call(std::string_view id, std::string_view run = "run_1") {
    return add(EventType::tool_call_started, run, tool(id, R"("tool_input":{"path":"/tmp"})"));
  }
  SessionLog& result(std::string_view id, std::string_view output, std::string_view run = "run_1") {
    return add(EventType::tool_call_completed, run, tool(id, R"("tool_output":)" + quoted(output)));
  }
  SessionLog& failure(std::string_view id, std::string_view code, std::string_view run = "run_1") {
    return add(EventType::tool_call_failed, run, tool(id, R"("tool_output":"it broke","error_code":)" + quoted(code)));
  }

  [[nodiscard]] std::deque<Event>& events() { return events_; }
  [[nodiscard]] std::vector<EventView> views() const {
    std::vector<EventView> views;
    for (const Event& event : events_) views.push_back(view_of(event));
    return views;
  }
  [[nodiscard]] Transcript transcript() const {
    TranscriptBuilder builder(session_id_);
    for (const Event& event : events_) {
      auto taken = builder.append(view_of(event));
      EXPECT_TRUE(taken) << taken.error().to_string();
    }
    auto built = builder.transcript();
    EXPECT_TRUE(built) << built.error().to_string();
    return built ? *built : Transcript();
  }
  [[nodiscard]] std::vector<std::string> lines() const { return lines_of(transcript()); }

  // "user: hello", "call c1 read", "result c1: text"
  [[nodiscard]] static std::vector<std::string> lines_of(const Transcript& transcript) {
    std::vector<std::string> lines;
    for (const TranscriptMessage& message : transcript.messages) {
      if (message.is_tool_call()) {
        lines.push_back("call " + message.tool_call_id + " " + message.tool_name);
      } else if (message.is_tool_result()) {
        const auto* text = message.tool_output.if_string();
        lines.push_back("result " + message.tool_call_id + ": " +
                        (text != nullptr ? std::string(text->data(), text->size()) : to_text(message.tool_output)));
      } else {
        lines.push_back(std::string(role_name(message.role)) + ": " + message.content.value_or("(none)"));
      }
    }
    return lines;
  }

  [[nodiscard]] static std::string tool(std::string_view id, const std::string& more) {
    return R"({"tool_call_id":)" + quoted(id) + R"(,"tool_name":"read",)" + more + "}";
  }
  [[nodiscard]] static std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  }

 private:
  static std::string member(std::string_view key, std::string_view text) {
    return "{" + quoted(key) + ":" + quoted(text) + "}";
  }

  std::string session_id_;
  std::deque<Event> events_;
};

// What stands for the result of a call that waits, or has none.
inline constexpr const char* kWaitingText = "Execution is paused: this tool call waits for a person's approval.";
inline constexpr const char* kInDoubtText =
    "The outcome of this tool call is in doubt: no result of it was recorded. It may have run.";

}  // namespace asmgr::test
