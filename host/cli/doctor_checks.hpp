// What `asmgr doctor` looks into, each finding with what to do about it.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"
#include "host/cli/command.hpp"

namespace asmgr::cli {

enum class Health : std::uint8_t { ok, warning, failure };
[[nodiscard]] std::string_view health_name(Health health) noexcept;

struct Finding {
  std::string area;  // "config", "plugin", "store", "provider", "sessions"
  std::string name;  // of the instance or file
  Health health = Health::ok;
  std::string detail;
  std::string todo;           // empty when there is nothing to do
  boost::json::object facts = {};  // of a provider: facts_json
};
using Findings = std::vector<Finding>;

[[nodiscard]] boost::json::object to_json(const Finding& finding);

// Every plugin file of the search path. One that this deployment does not name is a warning when it cannot be loaded.
void check_plugins(const Invocation& invocation, const DeploymentSpec* spec, Findings& findings);
// Opened stores: what they can do, what their file lies on, whether it can be written.
void check_stores(const Deployment& deployment, Findings& findings);
// Providers: what they are, and whether what they need is there (provider_readiness.cpp).
void check_providers(const Deployment& deployment, Findings& findings);
// Hosts and sessions whose owner is gone.
void check_ownership(const Deployment& deployment, SessionManager& manager, Findings& findings);

}  // namespace asmgr::cli
