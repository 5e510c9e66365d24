// The `opencode` provider: a run is one call of opencode.
#pragma once

#include <asmgr/toolkit/agent_talker.hpp>
#include <cstdint>
#include <memory>
#include <string>

namespace asmgr::opencode {

class OpencodeProvider final : public agent::TalkProvider {
 public:
  explicit OpencodeProvider(const sdk::Create& create);

  std::string describe() override;

 private:
  [[nodiscard]] agent::Call call(const agent::AgentConfig& config, const sdk::RunContext& context) const override;
  [[nodiscard]] std::unique_ptr<agent::Talk> talk(const agent::AgentConfig& config,
                                                  agent::AgentEvents& events) const override;

  const std::int64_t max_tries_;
};

}  // namespace asmgr::opencode
