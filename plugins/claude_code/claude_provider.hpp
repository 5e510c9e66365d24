// The `claude_code` provider: a run is one turn of Claude Code, asked before each tool.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "claude_run.hpp"

namespace asmgr::claude_code {

class ClaudeProvider : public sdk::BlockingProvider, public sdk::ProviderSteer, public sdk::ProviderResume {
 public:
  explicit ClaudeProvider(const sdk::Create& create);

  std::string describe() override;
  sdk::RunResult run(sdk::BlockingRun& run) override;
  void on_cancel(std::uint64_t start) override;
  void on_answer(std::uint64_t start) override;
  void inject(std::uint64_t start, std::string_view message_json) override;
  std::string token(std::uint64_t start) override;
  void forget(std::string_view token) override;

 private:
  const agent::AgentConfig config_;
  agent::LiveRuns<ClaudeRun> live_;
  agent::RecentSessions sessions_;
};

}  // namespace asmgr::claude_code
