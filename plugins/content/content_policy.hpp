// The policy: what may not be asked of a model, and what it may not say.
#pragma once

#include <asmgr/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace asmgr::content {

class ContentPolicy final : public asmgr::sdk::Policy {
 public:
  explicit ContentPolicy(const asmgr::sdk::Create& create);

  std::string declare() override;
  // Looks at the run's input; what it finds is answered at preflight.
  std::unique_ptr<asmgr::sdk::PolicyRun> begin(std::string_view effective_json, const asmgr_session& session,
                                               const asmgr_run& run) override;

 private:
  Settings settings_;
};

}  // namespace asmgr::content
