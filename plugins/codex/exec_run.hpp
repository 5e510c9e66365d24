// One run of Codex by way of `codex exec --json`: it says what it has done, and asks nobody.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/agent_report.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "codex_errors.hpp"
#include "codex_run.hpp"
#include "codex_usage.hpp"

namespace asmgr::codex {

// Lives on the run's own thread.
class ExecRun final : public CodexRun, private agent::AgentHandler {
 public:
  // As AppServerRun.
  ExecRun(const agent::AgentConfig& config, sdk::BlockingRun& run, agent::RecentSessions& sessions);

  sdk::RunResult carry_out() override;
  agent::AgentProcess& process() noexcept override { return process_; }

 private:
  void on_start() override;
  void on_line(std::string_view text) override;

  void take_line(const boost::json::object& line);
  void take_thread(const boost::json::object& line);
  void take_item(const boost::json::object& item, bool ended);
  void take_error(const boost::json::object& line);
  [[nodiscard]] sdk::RunResult conclude(const agent::AgentEnd& end);

  const agent::AgentConfig& config_;
  sdk::BlockingRun& run_;
  agent::RecentSessions& sessions_;
  agent::AgentEvents events_;
  CodexUsage usage_;
  std::string prompt_;
  agent::AgentProcess process_;

  std::set<std::string> running_;  // tools that have begun
  std::string last_text_;
  bool completed_ = false;
  std::optional<CodexError> failed_;
};

}  // namespace asmgr::codex
