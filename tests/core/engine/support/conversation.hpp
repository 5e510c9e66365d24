// A session worth copying, and its way through an export and an import.
#pragma once

#include <algorithm>
#include <sstream>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {

// Texts in which every byte matters, a tool call, a native session, an event of a type that nobody knows.
inline void converse(ScriptedRun& run) {
  run.emit(EventType::run_started, R"({"session_id":"native-1"})");
  run.emit(EventType::message_streamed, R"({ "content" : "a \u00e9 \"b\" \\ é", "n": 1.50 })");
  run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"read","tool_input":{"path":"a"}})");
  run.emit(EventType::tool_call_completed, R"({"tool_call_id":"c1","tool_name":"read","tool_output":{"text":"x"}})");
  EventView odd;
  odd.type_name = "from.tomorrow";
  odd.id = "caller-1";
  odd.correlation_id = "step 7";
  odd.metadata = R"({"k":  "v"})";
  (void)run.context().channel->emit({&odd, 1}, EmitMode::may_block);
  run.emit(EventType::message_received, R"({"role":"assistant","content":"said"})");
  run.finish(FinishStatus::completed, R"({"output":{"n":0.1},"token_usage":{"input_tokens":3,"output_tokens":1}})");
}

// A session of `world` in which so many runs have ended.
inline std::string session_with_runs(World& world, int runs = 1) {
  const std::string session = world.active_session();
  for (int i = 0; i < runs; ++i) {
    auto result = world.execute(world.pending_run(session));
    EXPECT_TRUE(result) << result.error().message();
  }
  return session;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  return text;
}

inline std::string exported(World& world, const std::string& session, ExportedSession* summary = nullptr) {
  std::string text;
  auto done = world.manager().export_session({session, "", [&](std::string_view piece) -> Result<void> {
                                                text.append(piece);
                                                return {};
                                              }});
  EXPECT_TRUE(done) << done.error().message();
  if (done && summary != nullptr) *summary = *done;
  return text;
}

// Gives a text in small pieces that end anywhere. The text must live as long as the reader.
inline TextReader reader_of(const std::string& text, std::size_t piece = 1000) {
  auto at = std::make_shared<std::size_t>(0);
  return [&text, at, piece](std::span<char> buffer) -> Result<std::size_t> {
    const std::size_t count = std::min({piece, buffer.size(), text.size() - *at});
    std::copy_n(text.data() + *at, count, buffer.data());
    *at += count;
    return count;
  };
}

inline Result<ImportedSession> imported(World& world, const std::string& text, bool new_id = false) {
  ImportSessionOptions options;
  options.new_id = new_id;
  options.read = reader_of(text);
  return world.manager().import_session(options);
}

inline VerifiedLog verified(World& world, const std::string& session, std::optional<LogPosition> expect = {}) {
  auto log = world.manager().verify_session({session, "", expect});
  EXPECT_TRUE(log) << log.error().message();
  return log ? *log : VerifiedLog{};
}

}  // namespace asmgr::testing
