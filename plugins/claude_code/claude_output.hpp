// What Claude Code says while it works, as events.
#pragma once

#include <asmgr/toolkit/agent_report.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "claude_usage.hpp"

namespace asmgr::claude_code {

inline constexpr agent::AgentProgram kClaudeCode{"claude", "Claude Code", "npm install -g @anthropic-ai/claude-code"};

// Knows the state of the message that is being written and of the tools that are under way. The run's thread.
class ClaudeOutput {
 public:
  explicit ClaudeOutput(agent::AgentEvents& events) : events_(events) {}

  // One line of the given "type" each.
  void take_system(const boost::json::object& line);
  void take_stream_event(const boost::json::object& line);
  void take_assistant(const boost::json::object& line);
  void take_user(const boost::json::object& line);
  // What is left open when a turn ends.
  void end_turn(const boost::json::object& result);

  // A tool was allowed and may begin.
  void tool_allowed(const std::string& id, std::string_view name, const boost::json::value& input);

  [[nodiscard]] const std::string& session_id() const noexcept { return session_id_; }
  [[nodiscard]] const std::string& model() const noexcept { return model_; }
  [[nodiscard]] const ClaudeUsage& usage() const noexcept { return usage_; }
  [[nodiscard]] bool tools_open() const noexcept { return !running_.empty(); }

 private:
  // A message of the model; with partial messages it comes as stream events and then again, block by block.
  struct Writing {
    std::string id;
    std::string text;            // of whole blocks
    bool whole = false;          // a whole block or its end has come
    bool streamed = false;       // it came as stream events: they tell the usage
    bool text_streamed = false;  // as deltas
    bool thought_streamed = false;
    std::map<std::int64_t, std::string> tools;  // by index of the block, the tool's id
  };
  struct Tool {
    std::string name;
    boost::json::value input;
  };

  void begin_message(std::string_view id);
  void end_message();
  void take_delta(const boost::json::object& event);
  void take_block(const boost::json::object& block);
  void take_tool_result(const boost::json::object& block);
  void report_retry(const boost::json::object& line);

  agent::AgentEvents& events_;
  ClaudeUsage usage_;
  std::string session_id_;
  std::string model_;
  Writing writing_;
  std::map<std::string, Tool> called_;  // tool calls whose result has not come
  std::set<std::string> running_;       // of these, those that have been reported as started
};

}  // namespace asmgr::claude_code
