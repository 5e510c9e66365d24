// One run of Claude Code: the conversation over its standard streams, from the first line to the result.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/agent_report.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "claude_output.hpp"
#include "claude_result.hpp"

namespace asmgr::claude_code {

// Lives on the run's own thread.
class ClaudeRun final : public agent::AgentHandler {
 public:
  // `config` is what holds for this run. Throws sdk::StatusError for an input that cannot be used.
  ClaudeRun(const agent::AgentConfig& config, sdk::BlockingRun& run, agent::RecentSessions& sessions);

  // Any thread: tells the run of something by post or cancel.
  [[nodiscard]] agent::AgentProcess& process() noexcept { return process_; }

  sdk::RunResult carry_out();

  // The rest on the run's thread, by way of process().post.
  void take_answers();
  void say_more(const agent::Message& message);

 private:
  // A request of Claude Code's about a tool that has been put to the host.
  struct Question {
    std::string request_id;
    std::string tool_call_id;
    std::string tool_name;
    boost::json::value input;
    bool from_hook = false;
  };

  void on_start() override;
  void on_line(std::string_view text) override;
  bool on_cancel() override;

  void take_line(const boost::json::object& line);
  void take_control_answer(const boost::json::object& line);
  void take_control_request(const boost::json::object& line);
  void take_control_cancel(const boost::json::object& line);
  void take_result(const boost::json::object& line);
  void send(const std::string& message);
  void ask(Question question);
  void settle(const Question& question, const sdk::Verdict& verdict);
  void update_silence();

  [[nodiscard]] sdk::RunResult conclude(const agent::AgentEnd& end);
  [[nodiscard]] std::string result_text(const boost::json::object& more) const;

  const agent::AgentConfig& config_;
  sdk::BlockingRun& run_;
  agent::RecentSessions& sessions_;
  agent::AgentEvents events_;
  ClaudeOutput output_;
  std::vector<std::string> unsent_;  // messages, until the conversation has begun
  agent::AgentProcess process_;

  bool initialized_ = false;
  bool interrupted_ = false;
  std::uint64_t messages_sent_ = 0;
  std::uint64_t messages_begun_ = 0;             // that Claude Code has said it works on; stays 0 where it does not say
  std::map<std::uint64_t, Question> questions_;  // by ticket
  std::optional<ClaudeResult> result_;           // of the last turn
};

}  // namespace asmgr::claude_code
