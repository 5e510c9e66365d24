// Routers are made of providers that are there already, some of them routers themselves.
#include <algorithm>

#include "core/config/deployment_builder.hpp"

namespace asmgr {

void DeploymentBuilder::create_routers() {
  for (const std::string& name : reach_.providers) {
    if (spec_.providers.at(name).route) (void)make_router(name);
  }
}

// Null when one of its targets could not be made, which has been reported. No route leads back to itself here.
std::shared_ptr<Provider> DeploymentBuilder::make_router(const std::string& name) {
  std::map<std::string, std::shared_ptr<Provider>>& providers = deployment_.wiring_.providers;
  if (const auto made = providers.find(name); made != providers.end()) return made->second;
  const ProviderSpec& spec = spec_.providers.at(name);
  if (!spec.route) return nullptr;
  std::vector<Router::Target> targets;
  for (const RouteTarget& target : spec.route->targets) {
    auto provider = make_router(target.provider);
    if (provider == nullptr) return nullptr;
    targets.push_back({std::move(provider), target.weight});
  }
  Deployment::Origin origin{nullptr, "route", spec.route->text};
  const Wiring* before = options_.previous == nullptr ? nullptr : &options_.previous->wiring();
  auto kept = unchanged<Provider>(name, spec, origin, before == nullptr ? nullptr : &before->providers);
  // What it knows of its targets' health is true of these only when they are the same ones.
  if (kept != nullptr && targets_are_as_they_were(*spec.route)) {
    deployment_.routers_[name] = options_.previous->routers_.at(name);
  } else {
    auto router = std::make_shared<Router>(name, spec.route->settings, std::move(targets),
                                           std::make_shared<const PriceTable>(spec_.prices));
    deployment_.routers_[name] = router;
    kept = std::move(router);
  }
  deployment_.origins_[spec.place.path] = std::move(origin);
  return providers.emplace(name, std::move(kept)).first->second;
}

bool DeploymentBuilder::targets_are_as_they_were(const RouteSpec& route) const {
  const Wiring& before = options_.previous->wiring();
  if (before.prices == nullptr || *before.prices != spec_.prices) return false;
  return std::ranges::all_of(route.targets, [&](const RouteTarget& target) {
    const auto old = before.providers.find(target.provider);
    return old != before.providers.end() && old->second == deployment_.wiring_.providers.at(target.provider);
  });
}

}  // namespace asmgr
