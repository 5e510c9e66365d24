// The `gemini_cli` provider: a run is one call of Gemini CLI.
#pragma once

#include <asmgr/toolkit/agent_talker.hpp>
#include <memory>
#include <string>

namespace asmgr::gemini_cli {

class GeminiCliProvider final : public agent::TalkProvider {
 public:
  explicit GeminiCliProvider(const sdk::Create& create);

  std::string describe() override;

 private:
  [[nodiscard]] agent::Call call(const agent::AgentConfig& config, const sdk::RunContext& context) const override;
  [[nodiscard]] std::unique_ptr<agent::Talk> talk(const agent::AgentConfig& config,
                                                  agent::AgentEvents& events) const override;
};

}  // namespace asmgr::gemini_cli
