#include <gtest/gtest.h>

#include "tests/core/transcript/session_log.hpp"

namespace asmgr {
namespace {

using test::SessionLog;

TEST(TranscriptJson, WritesAbsentThingsAsNull) {
  SessionLog log;
  log.sent("hi").call("c1").result("c1", "text");
  EXPECT_EQ(
      to_text(to_json(log.transcript())),
      R"({"session_id":"ses_1","messages":[)"
      R"({"role":"user","content":"hi","tool_call_id":null,"tool_name":null,"tool_input":null,"tool_output":null,)"
      R"("metadata":{"event_id":"evt_1","run_id":"run_1","timestamp":"2023-11-14T22:13:20.000001Z","sequence_number":1}},)"
      R"({"role":"assistant","content":null,"tool_call_id":"c1","tool_name":"read","tool_input":{"path":"/tmp"},)"
      R"("tool_output":null,)"
      R"("metadata":{"event_id":"evt_2","run_id":"run_1","timestamp":"2023-11-14T22:13:20.000002Z","sequence_number":2}},)"
      R"({"role":"tool","content":null,"tool_call_id":"c1","tool_name":"read","tool_input":null,"tool_output":"text",)"
      R"("metadata":{"event_id":"evt_3","run_id":"run_1","timestamp":"2023-11-14T22:13:20.000003Z","sequence_number":3}}],)"
      R"("last_sequence":3,"last_timestamp":"2023-11-14T22:13:20.000003Z","metadata":{}})");
  EXPECT_EQ(to_text(to_json(*TranscriptBuilder("ses_1").transcript())),
            R"({"session_id":"ses_1","messages":[],"last_sequence":null,"last_timestamp":null,"metadata":{}})");
}

TEST(TranscriptJson, ReadsWhatItWrites) {
  SessionLog log;
  log.sent("hi").call("c1").failure("c1", "tool_error").streamed("bye");
  log.add(EventType::tool_call_completed, "run_1", SessionLog::tool("c2", R"("tool_output":{"a":[1,null]})"));
  const Transcript transcript = log.transcript();
  const auto read = transcript_from_json(to_json(transcript));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read, transcript);
  const auto from_text = transcript_from_json(*parse_json(to_text(to_json(transcript)), "transcript"));
  ASSERT_TRUE(from_text) << from_text.error().to_string();
  EXPECT_EQ(*from_text, transcript);
}

TEST(TranscriptJson, ReadsAMessageThatHasOnlyARole) {
  const auto read = transcript_from_json(*parse_json(R"({"session_id":"s","messages":[{"role":"USER"}]})", "t"));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->messages[0], TranscriptMessage{});
}

TEST(TranscriptJson, NamesWhatIsWrong) {
  struct Case {
    std::string_view text;
    std::string_view part;
  };
  const Case cases[] = {
      {"[]", "transcript"},
      {R"({"messages":[]})", "session_id"},
      {R"({"session_id":"","messages":[]})", "session_id"},
      {R"({"session_id":"s"})", "messages"},
      {R"({"session_id":"s","messages":[],"last_sequence":-1})", "last_sequence"},
      {R"({"session_id":"s","messages":[],"last_timestamp":"soon"})", "last_timestamp"},
      {R"({"session_id":"s","messages":[],"metadata":3})", "metadata"},
      {R"({"session_id":"s","messages":[{"role":"user"},{"role":"robot"}]})", "message 2"},
      {R"({"session_id":"s","messages":[{"content":"x"}]})", "role"},
      {R"({"session_id":"s","messages":[{"role":"user","content":3}]})", "content"},
      {R"({"session_id":"s","messages":[{"role":"user","tool_input":[]}]})", "tool_input"},
      {R"({"session_id":"s","messages":[7]})", "message 1"},
  };
  for (const Case& wrong : cases) {
    const auto read = transcript_from_json(*parse_json(wrong.text, "transcript"));
    ASSERT_FALSE(read) << wrong.text;
    EXPECT_EQ(read.error().code(), ErrorCode::validation_error);
    EXPECT_NE(read.error().message().find(wrong.part), std::string::npos) << read.error().message();
  }
}

TEST(TranscriptJson, AProviderGetsMessagesWithoutMetadataAndWithoutWhatIsAbsent) {
  SessionLog log;
  log.sent("hi").call("c1").result("c1", "text");
  EXPECT_EQ(to_text(boost::json::value(to_prompt_json(log.transcript()))),
            R"([{"role":"user","content":"hi"},)"
            R"({"role":"assistant","tool_call_id":"c1","tool_name":"read","tool_input":{"path":"/tmp"}},)"
            R"({"role":"tool","tool_call_id":"c1","tool_name":"read","tool_output":"text"}])");
}

}  // namespace
}  // namespace asmgr
