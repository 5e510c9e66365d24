#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/model/json.hpp"
#include "core/render/sink.hpp"
#include "tests/core/render/random_events.hpp"

namespace asmgr {
namespace {

std::vector<std::string> lines_of(const std::vector<Event>& events, JsonlForm form) {
  std::string pattern = (std::filesystem::temp_directory_path() / "asmgr-jsonl-XXXXXX").string();
  const int file = ::mkstemp(pattern.data());
  ::close(file);
  {
    auto sink = jsonl_sink(pattern, form);
    EXPECT_TRUE(sink.has_value());
    for (const Event& event : events) {
      const EventView view = view_of(event);
      EXPECT_TRUE((*sink)->write(&view, "text").has_value());
    }
    EXPECT_TRUE((*sink)->write(nullptr, "the end").has_value());
    EXPECT_TRUE((*sink)->close().has_value());
  }
  std::ifstream in(pattern, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::filesystem::remove(pattern);
  return lines;
}

std::string full(const Event& event) {
  return lines_of({event}, JsonlForm::full).at(0);
}

std::string compact(EventType type, const std::string& data) {
  return lines_of({event_of(type, data)}, JsonlForm::compact).at(0);
}

TEST(JsonlSink, AFullLineHasWhatIsNotEmptyAndDataAsStored) {
  EXPECT_EQ(full(event_of(EventType::tool_call_started, R"({"tool_name": "bash",  "n":1.50})")),
            R"({"ts":"2026-01-02T03:04:05.000000Z","type":"tool_call_started",)"
            R"("data":{"tool_name": "bash",  "n":1.50},"session_id":"ses_1","run_id":"run_1"})");
  Event bare = event_of(EventType::session_started, "{}");
  bare.run_id.clear();
  EXPECT_EQ(full(bare), R"({"ts":"2026-01-02T03:04:05.000000Z","type":"session_started","session_id":"ses_1"})");
}

TEST(JsonlSink, ACompactLineHasCodes) {
  const std::string head = R"({"t":1767323045000,"e":{"t":)";
  EXPECT_EQ(compact(EventType::run_started, R"({"model":"claude-haiku-4-5-20251001"})"),
            head + R"("rs","m":"haiku-4-5"}})");
  EXPECT_EQ(compact(EventType::message_streamed, R"({"delta":"hello"})"), head + R"("ms","l":5}})");
  EXPECT_EQ(compact(EventType::message_received, R"({"content":"hello!"})"), head + R"("mr","l":6}})");
  EXPECT_EQ(compact(EventType::tool_call_started, R"({"tool_name":"bash"})"), head + R"("ts","n":"bash"}})");
  EXPECT_EQ(compact(EventType::tool_call_completed, R"({"tool_name":"bash"})"), head + R"("tc","n":"bash"}})");
  EXPECT_EQ(compact(EventType::token_usage_updated, R"({"input_tokens":3,"output_tokens":4,"cost_usd":0.5})"),
            head + R"("tu","i":3,"o":4,"$":0.5}})");
  EXPECT_EQ(compact(EventType::run_completed, R"({"stop_reason":"end_turn","token_usage":{"input_tokens":3}})"),
            head + R"("rc","sr":"end_turn","i":3,"o":0}})");
  EXPECT_EQ(compact(EventType::run_failed, R"({"error_code":"timeout","error_message":"late"})"),
            head + R"("rf","x":"timeout: late"}})");
  EXPECT_EQ(compact(EventType::run_cancelled, "{}"), head + R"("rx"}})");
  EXPECT_EQ(compact(EventType::error_occurred, R"({"error_message":"oh"})"), head + R"("er","x":"oh"}})");
}

TEST(JsonlSink, EveryTypeHasACodeOfItsOwn) {
  std::set<std::string> codes;
  for (const EventType type : all_event_types()) {
    const auto line = parse_json_object(compact(type, "{}"), "line");
    ASSERT_TRUE(line.has_value());
    codes.insert(std::string(*find_string(*find_object(*line, "e"), "t")));
  }
  EXPECT_EQ(codes.size(), all_event_types().size());
}

TEST(JsonlSink, EachLineIsOneObjectWhateverTheEventsHold) {
  std::mt19937 random(7);
  std::vector<Event> events;
  for (int i = 0; i < 2000; ++i) events.push_back(random_event(random));
  events.push_back(event_of(EventType::run_started, "{\n \"pretty\": true\n}"));
  for (const JsonlForm form : {JsonlForm::full, JsonlForm::compact}) {
    const auto lines = lines_of(events, form);
    ASSERT_EQ(lines.size(), events.size());
    for (const std::string& line : lines) ASSERT_TRUE(parse_json_object(line, "line").has_value()) << line;
  }
  EXPECT_NE(full(events.back()).find(R"("data":{"pretty":true})"), std::string::npos);
}

}  // namespace
}  // namespace asmgr
