// The `acp` provider: every agent that speaks the Agent Client Protocol.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "acp_run.hpp"
#include "config.hpp"

namespace asmgr::acp {

// One agent process for each run; a session goes on by being loaded.
class AcpProvider : public sdk::BlockingProvider, public sdk::ProviderResume {
 public:
  explicit AcpProvider(const sdk::Create& create);

  std::string describe() override;
  sdk::RunResult run(sdk::BlockingRun& run) override;
  void on_cancel(std::uint64_t start) override;
  void on_answer(std::uint64_t start) override;
  std::string token(std::uint64_t start) override;
  void forget(std::string_view token) override;

 private:
  const Config config_;
  agent::LiveRuns<AcpRun> live_;
};

}  // namespace asmgr::acp
