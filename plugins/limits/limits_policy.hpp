// The policy: bounds on what a run may use.
#pragma once

#include <asmgr/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace asmgr::limits {

class LimitsPolicy final : public asmgr::sdk::Policy {
 public:
  explicit LimitsPolicy(const asmgr::sdk::Create& create);

  std::string declare() override;
  std::unique_ptr<asmgr::sdk::PolicyRun> begin(std::string_view effective_json, const asmgr_session& session,
                                               const asmgr_run& run) override;
  // Hints only where the provider says that it honours them: max_tokens (the answer of one model call) and max_turns,
  // which the provider thereby enforces.
  std::string compile(std::string_view effective_json, std::string_view provider_describe_json) override;

 private:
  Settings settings_;
};

}  // namespace asmgr::limits
