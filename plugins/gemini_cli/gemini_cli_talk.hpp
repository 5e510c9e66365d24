// The lines of `gemini --output-format stream-json`.
#pragma once

#include <asmgr/toolkit/agent_talker.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace asmgr::gemini_cli {

inline constexpr agent::AgentProgram kGeminiCli{"gemini", "Gemini CLI", "npm install -g @google/gemini-cli"};

class GeminiTalk final : public agent::Talk {
 public:
  explicit GeminiTalk(agent::AgentEvents& events) : events_(events) {}

  void take(const boost::json::object& line) override;
  [[nodiscard]] bool tools_open() const override { return !running_.empty(); }
  [[nodiscard]] const std::string& session_id() const override { return session_id_; }
  [[nodiscard]] agent::TalkOutcome outcome(int exit_code) override;

 private:
  void take_init(const boost::json::object& line);
  void take_message(const boost::json::object& line);
  void take_tool_use(const boost::json::object& line);
  void take_tool_result(const boost::json::object& line);
  void take_result(const boost::json::object& line);
  void end_message();
  [[nodiscard]] bool begins_again(std::string_view piece, std::int64_t at_ms) const;

  agent::AgentEvents& events_;
  std::string session_id_;
  std::string model_;
  std::string writing_;      // of the message that is being written
  std::string first_piece_;  // of it
  std::int64_t last_piece_ms_ = 0;
  std::string last_text_;                       // of the last message
  std::map<std::string, std::string> running_;  // names of tools by id
  boost::json::object result_;                  // the last line, once it has come
  std::string error_line_;                      // what an `error` line said
};

}  // namespace asmgr::gemini_cli
