// The policy: bounds on what a run, or many together, may use.
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
  // None of a window's bounds: they are not of a single run.
  std::string compile(std::string_view effective_json, std::string_view provider_describe_json) override;

 private:
  asmgr::sdk::Host host_;
  std::string name_;
  Settings settings_;
};

}  // namespace asmgr::limits
