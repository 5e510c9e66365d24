// The policy: which tools a run may call.
#pragma once

#include <asmgr/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace asmgr::tool_rules {

class ToolRulesPolicy final : public asmgr::sdk::Policy {
 public:
  explicit ToolRulesPolicy(const asmgr::sdk::Create& create);

  std::string declare() override;
  std::unique_ptr<asmgr::sdk::PolicyRun> begin(std::string_view effective_json, const asmgr_session& session,
                                               const asmgr_run& run) override;
  // allowed_tools or denied_tools, where the provider says that it honours the hint and the rules can be said as names.
  std::string compile(std::string_view effective_json, std::string_view provider_describe_json) override;

 private:
  Settings settings_;
};

}  // namespace asmgr::tool_rules
