#include "core/config/deployment_builder.hpp"

#include <algorithm>

#include "core/config/enforcement.hpp"
#include "core/config/held_port.hpp"
#include "core/config/inline_policy.hpp"
#include "core/config/own_paths.hpp"
#include "core/config/permission_modes.hpp"
#include "core/config/policy_source.hpp"
#include "core/config/stacking.hpp"
#include "core/model/json.hpp"
#include "core/plugin/factory.hpp"

namespace asmgr {
namespace {

SchemaOptions schema_options(const LoadOptions& options) {
  return {options.working_directory, Unresolved::report};
}

}  // namespace

DeploymentBuilder::DeploymentBuilder(Deployment& deployment, const LoadOptions& options, Diagnostics& diagnostics)
    : deployment_(deployment),
      options_(options),
      diagnostics_(diagnostics),
      spec_(*deployment.spec_),
      reach_(reach_of(spec_, options.selection)) {}

template <typename Specs>
void DeploymentBuilder::prepare_section(const Specs& specs, const std::vector<std::string>& names, ComponentKind kind,
                                        Prepared& out) {
  for (const std::string& name : names) {
    const auto found = specs.find(name);
    if (found == specs.end() || found->second.plugin.empty()) continue;
    auto prepared = prepare_component(name, found->second, kind, *deployment_.tree_, schema_options(options_),
                                      *deployment_.catalog_, diagnostics_);
    if (prepared) out.emplace(name, std::move(*prepared));
  }
}

void DeploymentBuilder::prepare() {
  prepare_section(spec_.stores, reach_.stores, ComponentKind::store, stores_);
  prepare_section(spec_.artifacts, reach_.artifacts, ComponentKind::artifacts, artifacts_);
  prepare_section(spec_.providers, reach_.providers, ComponentKind::provider, providers_);
  for (const auto& [name, prepared] : providers_) {
    check_permission_mode(spec_.providers.at(name), prepared.component, diagnostics_);
  }
  prepare_section(spec_.policies, reach_.policies, ComponentKind::policy, policies_);
}

template <typename Port>
std::shared_ptr<Port> DeploymentBuilder::unchanged(const std::string& name, const ComponentSpec& spec,
                                                   const Deployment::Origin& origin, const Ports<Port>* before) const {
  if (before == nullptr) return nullptr;
  const auto known = options_.previous->origins_.find(spec.place.path);
  if (known == options_.previous->origins_.end() || known->second != origin) return nullptr;
  const auto port = before->find(name);
  return port == before->end() ? nullptr : port->second;
}

template <typename Port, typename Specs, typename Out, typename Create>
void DeploymentBuilder::create_section(const Prepared& prepared, const Specs& specs, Create make, Out add,
                                       const Ports<Port>* before) {
  for (const auto& [name, one] : prepared) {
    const ComponentSpec& spec = specs.at(name);
    Deployment::Origin origin{&one.component.plugin(), one.component.name(), one.config_json};
    if (auto port = unchanged(name, spec, origin, before)) {
      deployment_.origins_[spec.place.path] = std::move(origin);
      add(name, std::move(port));
      continue;
    }
    Result<std::unique_ptr<Port>> port = make(one.component, name, one.config_json);
    if (port) {
      deployment_.origins_[spec.place.path] = std::move(origin);
      add(name, hold(std::move(*port), deployment_.catalog_));
      continue;
    }
    Diagnostic diagnostic;
    diagnostic.position = spec.place.position;
    diagnostic.path = spec.place.path;
    diagnostic.message = one.mask.apply(port.error().message());
    diagnostic.code = port.error().code();
    diagnostic.details = port.error().details();
    diagnostics_.push_back(std::move(diagnostic));
  }
}

void DeploymentBuilder::create_providers_and_policies() {
  const Wiring* before = options_.previous == nullptr ? nullptr : &options_.previous->wiring();
  create_section<Provider>(
      providers_, spec_.providers, &create_provider,
      [this](const std::string& name, std::shared_ptr<Provider> port) {
        deployment_.wiring_.providers.emplace(name, std::move(port));
      },
      before == nullptr ? nullptr : &before->providers);
  Ports<Policy> policies_before;
  if (before != nullptr) {
    for (const auto& [name, binding] : before->policies) policies_before.emplace(name, binding.policy);
  }
  create_section<Policy>(
      policies_, spec_.policies, &create_policy,
      [this](const std::string& name, std::shared_ptr<Policy> port) {
        const PolicySpec& spec = spec_.policies.at(name);
        deployment_.wiring_.policies.emplace(name, PolicyBinding{std::move(port), spec.on_error, spec.on_unenforceable,
                                                                 source_of_entry(spec, deployment_.tree_->sources)});
      },
      before == nullptr ? nullptr : &policies_before);
}

void DeploymentBuilder::create_stores() {
  const Deployment* before = options_.previous;
  create_section<Store>(
      stores_, spec_.stores, &create_store,
      [this](const std::string& name, std::shared_ptr<Store> port) {
        deployment_.wiring_.stores.emplace(name, std::move(port));
      },
      before == nullptr ? nullptr : &before->wiring().stores);
  create_section<ArtifactStore>(
      artifacts_, spec_.artifacts, &create_artifacts,
      [this](const std::string& name, std::shared_ptr<ArtifactStore> port) {
        deployment_.artifacts_.emplace(name, std::move(port));
      },
      before == nullptr ? nullptr : &before->artifacts());
}

std::string DeploymentBuilder::provider_of(const PipelineSpec& pipeline) const {
  const Selection& selection = options_.selection;
  const bool replaced = !selection.provider.empty() && pipeline.pipeline.name == selected_pipeline(spec_, selection);
  return replaced ? selection.provider : pipeline.pipeline.provider;
}

void DeploymentBuilder::check_enforcement_of_pipelines() {
  const Wiring& wiring = deployment_.wiring_;
  for (const std::string& name : reach_.pipelines) {
    const PipelineSpec& pipeline = spec_.pipelines.at(name);
    const auto provider = wiring.providers.find(provider_of(pipeline));
    if (provider == wiring.providers.end()) continue;
    check_tools(pipeline, provider->second->info(), diagnostics_);
    for (std::size_t i = 0; i < pipeline.pipeline.policies.size(); ++i) {
      const auto policy = wiring.policies.find(pipeline.pipeline.policies[i]);
      if (policy == wiring.policies.end()) continue;
      check_enforcement(policy->second, provider->second->info(), place_in(pipeline, i), diagnostics_);
    }
  }
}

void DeploymentBuilder::check_stacking_of_pipelines() {
  for (const std::string& name : reach_.pipelines) {
    const PipelineSpec& pipeline = spec_.pipelines.at(name);
    std::vector<PolicyBinding> stack;
    for (const std::string& policy : pipeline.pipeline.policies) {
      const auto binding = deployment_.wiring_.policies.find(policy);
      if (binding != deployment_.wiring_.policies.end()) stack.push_back(binding->second);
    }
    check_stacking(pipeline, stack, diagnostics_);
  }
}

// Named beside the pipeline's own; they stand on the command line, so what cannot be enforced is shown at its entry.
void DeploymentBuilder::check_enforcement_of_selected() {
  const Wiring& wiring = deployment_.wiring_;
  const auto pipeline = spec_.pipelines.find(selected_pipeline(spec_, options_.selection));
  if (pipeline == spec_.pipelines.end()) return;
  const auto provider = wiring.providers.find(provider_of(pipeline->second));
  if (provider == wiring.providers.end()) return;
  const std::vector<std::string>& own = pipeline->second.pipeline.policies;
  for (const std::string& name : options_.selection.policies) {
    const auto policy = wiring.policies.find(name);
    if (policy == wiring.policies.end() || std::find(own.begin(), own.end(), name) != own.end()) continue;
    const Place& place = spec_.policies.at(name).place;
    check_enforcement(policy->second, provider->second->info(), {place.position, place.path}, diagnostics_);
  }
}

void DeploymentBuilder::create() {
  create_providers_and_policies();
  create_routers();
  check_enforcement_of_pipelines();
  check_enforcement_of_selected();
  check_stacking_of_pipelines();
  // Stores last: opening one may write to disk, which a configuration that is refused must not.
  if (options_.extent == BuildExtent::complete && !has_errors(diagnostics_)) create_stores();
}

std::vector<std::shared_ptr<ToolServer>> DeploymentBuilder::make_tool_servers(const PipelineSpec& pipeline) {
  const ToolServers* before = options_.previous == nullptr ? nullptr : &options_.previous->tool_servers_;
  std::vector<std::shared_ptr<ToolServer>> servers;
  for (const std::string& name : servers_of(pipeline)) {
    const boost::json::object* entry = find_object(spec_.mcp, name);
    if (entry == nullptr) continue;
    servers.push_back(deployment_.tool_servers_.make(name, *entry, options_.program_version, before));
  }
  return servers;
}

std::vector<std::string> DeploymentBuilder::known_secrets() const {
  std::vector<std::string> secrets = secrets_of_servers(spec_.mcp);
  for (const Prepared* section : {&stores_, &artifacts_, &providers_, &policies_}) {
    for (const auto& [name, prepared] : *section) {
      secrets.insert(secrets.end(), prepared.secrets.begin(), prepared.secrets.end());
    }
  }
  return secrets;
}

std::shared_ptr<const Redactor> DeploymentBuilder::make_redactor(RedactionOptions options) const {
  if (!options.enabled) return nullptr;
  options.known_secrets = known_secrets();
  auto redactor = Redactor::make(std::move(options));  // the file's own settings were tried when it was read
  return redactor ? std::make_shared<const Redactor>(std::move(*redactor)) : nullptr;
}

void DeploymentBuilder::wire() {
  Wiring& wiring = deployment_.wiring_;
  for (const std::string& name : reach_.pipelines) {
    Pipeline pipeline = spec_.pipelines.at(name).pipeline;
    pipeline.provider = provider_of(spec_.pipelines.at(name));
    const auto artifacts = deployment_.artifacts_.find(spec_.pipelines.at(name).artifacts);
    if (artifacts != deployment_.artifacts_.end()) pipeline.artifacts = artifacts->second;
    pipeline.redactor = make_redactor(spec_.pipelines.at(name).redaction);
    pipeline.around_provider = tool_loops(spec_.pipelines.at(name), make_tool_servers(spec_.pipelines.at(name)));
    wiring.pipelines.emplace(name, std::move(pipeline));
  }
  if (options_.selection.scope == Selection::Scope::one_pipeline) {
    wiring.default_pipeline = selected_pipeline(spec_, options_.selection);
  } else if (wiring.pipelines.contains(spec_.default_pipeline)) {
    wiring.default_pipeline = spec_.default_pipeline;
  }
  for (const std::string& name : reach_.stores) {
    const auto store = spec_.stores.find(name);
    if (store == spec_.stores.end() || !store->second.retention) continue;
    const StoreRetention& retention = *store->second.retention;
    wiring.retention.emplace(name, retention);
    if (!retention.policy.archive.folder.empty()) wiring.own_paths.push_back(retention.policy.archive.folder);
  }
  for (const Prepared* section : {&stores_, &artifacts_}) {
    for (const auto& [name, prepared] : *section) add_own_paths(prepared, wiring.own_paths);
  }
  wiring.host = spec_.host;
  wiring.prices = std::make_shared<const PriceTable>(spec_.prices);
  const auto default_pipeline = wiring.pipelines.find(wiring.default_pipeline);
  wiring.redactor = default_pipeline == wiring.pipelines.end() ? make_redactor({}) : default_pipeline->second.redactor;
  const bool everything = options_.selection.scope == Selection::Scope::everything;
  wiring.takes_runs = options_.selection.store_only ? TakesRuns::none : everything ? TakesRuns::all : TakesRuns::known;
  wiring.make_policy = inline_policy_maker(deployment_.catalog_, schema_options(options_));
}

}  // namespace asmgr
