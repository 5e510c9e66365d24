// A policy plugin behind the policy port.
#pragma once

#include <asmgr/abi/policy.h>

#include <memory>

#include "core/plugin/instance.hpp"
#include "core/ports/policy.hpp"

namespace asmgr {

// Thread-safe as the port is. An action this host does not know counts as cancel. Its runs must not outlive it.
class PluginPolicy final : public Policy {
 public:
  // Errors: plugin_load_failed (a table or function is missing, a declaration cannot be read).
  [[nodiscard]] static Result<std::unique_ptr<Policy>> make(Instance instance);

  [[nodiscard]] const PolicyInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<std::unique_ptr<PolicyRun>> begin(std::string_view effective_json, const Session& session,
                                                         const Run& run) override;
  [[nodiscard]] Result<boost::json::object> compile(std::string_view effective_json,
                                                    const ProviderInfo& provider) override;

 private:
  PluginPolicy(Instance instance, const asmgr_policy& table, PolicyInfo info)
      : instance_(std::move(instance)), table_(table), info_(std::move(info)) {}

  Instance instance_;
  const asmgr_policy& table_;
  PolicyInfo info_;
};

}  // namespace asmgr
