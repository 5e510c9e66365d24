// The `codex` provider: a run is one turn of Codex.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "codex_run.hpp"

namespace asmgr::codex {

enum class Mode { kAppServer, kExec };

class CodexProvider : public sdk::BlockingProvider, public sdk::ProviderSteer, public sdk::ProviderResume {
 public:
  explicit CodexProvider(const sdk::Create& create);

  std::string describe() override;
  sdk::RunResult run(sdk::BlockingRun& run) override;
  void on_cancel(std::uint64_t start) override;
  void on_answer(std::uint64_t start) override;
  void inject(std::uint64_t start, std::string_view message_json) override;
  std::string token(std::uint64_t start) override;
  void forget(std::string_view token) override;

 private:
  explicit CodexProvider(const boost::json::object& config);

  const agent::AgentConfig config_;
  const Mode mode_;
  agent::LiveRuns<CodexRun> live_;
  agent::RecentSessions sessions_;
};

}  // namespace asmgr::codex
