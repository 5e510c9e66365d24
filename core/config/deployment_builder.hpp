// The steps from a checked file to instances.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/config/component_config.hpp"
#include "core/config/deployment.hpp"

namespace asmgr {

// Used once. Everything that is wrong is collected; instances are made only when nothing is wrong before.
class DeploymentBuilder {
 public:
  DeploymentBuilder(Deployment& deployment, const LoadOptions& options, Diagnostics& diagnostics);

  // The configuration blocks of what is reached, against the plugins' own schemas.
  void prepare();
  // The instances, and whether providers can be held to their policies and the policies stand together.
  void create();
  // What a session manager needs, from what was created.
  void wire();

 private:
  using Prepared = std::map<std::string, PreparedComponent>;
  template <typename Specs>
  void prepare_section(const Specs& specs, const std::vector<std::string>& names, ComponentKind kind, Prepared& out);
  template <typename Port>
  using Ports = std::map<std::string, std::shared_ptr<Port>>;
  template <typename Port, typename Specs, typename Out, typename Create>
  void create_section(const Prepared& prepared, const Specs& specs, Create make, Out add, const Ports<Port>* before);
  template <typename Port>
  [[nodiscard]] std::shared_ptr<Port> unchanged(const std::string& name, const ComponentSpec& spec,
                                                const Deployment::Origin& origin, const Ports<Port>* before) const;
  void create_providers_and_policies();
  // deployment_routers.cpp
  void create_routers();
  [[nodiscard]] std::shared_ptr<Provider> make_router(const std::string& name);
  [[nodiscard]] bool targets_are_as_they_were(const RouteSpec& route) const;
  void create_stores();
  void check_enforcement_of_pipelines();
  void check_stacking_of_pipelines();
  void check_enforcement_of_selected();
  [[nodiscard]] std::vector<std::shared_ptr<ToolServer>> make_tool_servers(const PipelineSpec& pipeline);
  [[nodiscard]] std::vector<std::string> known_secrets() const;
  [[nodiscard]] std::shared_ptr<const Redactor> make_redactor(RedactionOptions options) const;
  [[nodiscard]] std::string provider_of(const PipelineSpec& pipeline) const;

  Deployment& deployment_;
  const LoadOptions& options_;
  Diagnostics& diagnostics_;
  const DeploymentSpec& spec_;
  Reach reach_;
  Prepared stores_, artifacts_, providers_, policies_;
};

}  // namespace asmgr
