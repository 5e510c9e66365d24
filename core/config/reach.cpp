// Which entries of a deployment a selection uses.
#include <algorithm>

#include "core/config/spec.hpp"

namespace asmgr {
namespace {

template <typename Entries>
std::vector<std::string> names_of(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries) names.push_back(name);
  return names;
}

// False when it is there already.
bool add(std::vector<std::string>& names, const std::string& name) {
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return false;
  names.push_back(name);
  return true;
}

void add_provider(const DeploymentSpec& spec, const std::string& name, std::vector<std::string>& names) {
  const auto found = spec.providers.find(name);
  if (found == spec.providers.end() || !add(names, name) || !found->second.route) return;
  for (const RouteTarget& target : found->second.route->targets) add_provider(spec, target.provider, names);
}

void add_archives(const DeploymentSpec& spec, std::vector<std::string>& stores) {
  for (std::size_t i = 0; i < stores.size(); ++i) {
    const auto store = spec.stores.find(stores[i]);
    if (store == spec.stores.end() || !store->second.retention) continue;
    const std::string& archive = store->second.retention->policy.archive.store;
    if (spec.stores.contains(archive)) add(stores, archive);
  }
}

// The artifacts of a store's sessions are kept by whichever pipeline their runs were of.
void add_pipelines_of_stores(const DeploymentSpec& spec, Reach& reach) {
  for (const auto& [name, pipeline] : spec.pipelines) {
    if (std::find(reach.stores.begin(), reach.stores.end(), pipeline.pipeline.store) == reach.stores.end()) continue;
    add(reach.pipelines, name);
    add(reach.artifacts, pipeline.artifacts);
  }
}

// All that keeping stores small, or looking at them, takes.
void add_upkeep(const DeploymentSpec& spec, Reach& reach) {
  add_pipelines_of_stores(spec, reach);
  add_archives(spec, reach.stores);
}

}  // namespace

std::string selected_pipeline(const DeploymentSpec& spec, const Selection& selection) {
  const std::string& name = selection.pipeline.empty() ? spec.default_pipeline : selection.pipeline;
  return spec.pipelines.contains(name) ? name : std::string();
}

Reach reach_of(const DeploymentSpec& spec, const Selection& selection) {
  Reach reach;
  if (selection.scope == Selection::Scope::everything) {
    return {names_of(spec.stores), names_of(spec.artifacts), names_of(spec.providers), names_of(spec.policies),
            names_of(spec.pipelines)};
  }
  if (selection.scope == Selection::Scope::stores) {
    for (const std::string& name : selection.store_names) {
      if (spec.stores.contains(name)) add(reach.stores, name);
    }
    if (selection.upkeep) add_upkeep(spec, reach);
    return reach;
  }
  const auto found = spec.pipelines.find(selected_pipeline(spec, selection));
  if (found == spec.pipelines.end()) return reach;
  const PipelineSpec& pipeline = found->second;
  add(reach.pipelines, found->first);
  add(reach.stores, pipeline.pipeline.store);
  if (selection.upkeep) add_upkeep(spec, reach);
  for (const std::string& name : selection.store_names) {
    if (spec.stores.contains(name)) add(reach.stores, name);
  }
  if (!pipeline.artifacts.empty()) add(reach.artifacts, pipeline.artifacts);
  if (selection.store_only) return reach;
  add_provider(spec, selection.provider.empty() ? pipeline.pipeline.provider : selection.provider, reach.providers);
  for (const std::string& policy : pipeline.pipeline.policies) add(reach.policies, policy);
  for (const std::string& policy : selection.policies) {
    if (spec.policies.contains(policy)) add(reach.policies, policy);
  }
  return reach;
}

}  // namespace asmgr
