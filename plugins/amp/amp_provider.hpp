// The `amp` provider: a run is one call of Amp.
#pragma once

#include <asmgr/toolkit/agent_talker.hpp>
#include <memory>
#include <string>

namespace asmgr::amp {

class AmpProvider final : public agent::TalkProvider {
 public:
  explicit AmpProvider(const sdk::Create& create);

  std::string describe() override;

 private:
  [[nodiscard]] agent::Call call(const agent::AgentConfig& config, const sdk::RunContext& context) const override;
  [[nodiscard]] std::unique_ptr<agent::Talk> talk(const agent::AgentConfig& config,
                                                  agent::AgentEvents& events) const override;

  const std::string mode_;
};

}  // namespace asmgr::amp
