#include "core/plugin/factory.hpp"

#include "core/plugin/instance.hpp"
#include "core/plugin/plugin_artifacts.hpp"
#include "core/plugin/plugin_event_sink.hpp"
#include "core/plugin/plugin_policy.hpp"
#include "core/plugin/plugin_provider.hpp"
#include "core/plugin/plugin_store.hpp"

namespace asmgr {
namespace {

template <typename Port>
Result<std::unique_ptr<Port>> create(const ComponentRef& component, ComponentKind kind, std::string_view name,
                                     std::string_view config, Result<std::unique_ptr<Port>> (*make)(Instance)) {
  if (component.kind() != kind) {
    return load_error(ErrorCode::config_invalid, component.plugin().subject(),
                      "'" + std::string(name) + "' asks for a component of kind " + std::string(kind_name(kind)) +
                          ", and '" + component.name() + "' is of kind " + std::string(kind_name(component.kind())),
                      "name another component, or move the entry to the section it belongs to");
  }
  Result<Instance> instance = Instance::create(component, name, config);
  if (!instance) return instance.error();
  return make(std::move(*instance));
}

}  // namespace

Result<std::unique_ptr<Store>> create_store(const ComponentRef& component, std::string_view instance_name,
                                            std::string_view config_json) {
  return create<Store>(component, ComponentKind::store, instance_name, config_json, &PluginStore::make);
}

Result<std::unique_ptr<Provider>> create_provider(const ComponentRef& component, std::string_view instance_name,
                                                  std::string_view config_json) {
  return create<Provider>(component, ComponentKind::provider, instance_name, config_json, &PluginProvider::make);
}

Result<std::unique_ptr<Policy>> create_policy(const ComponentRef& component, std::string_view instance_name,
                                              std::string_view config_json) {
  return create<Policy>(component, ComponentKind::policy, instance_name, config_json, &PluginPolicy::make);
}

Result<std::unique_ptr<ArtifactStore>> create_artifacts(const ComponentRef& component, std::string_view instance_name,
                                                        std::string_view config_json) {
  return create<ArtifactStore>(component, ComponentKind::artifacts, instance_name, config_json,
                               &PluginArtifactStore::make);
}

Result<std::unique_ptr<EventSink>> create_sink(const ComponentRef& component, std::string_view instance_name,
                                               std::string_view config_json) {
  return create<EventSink>(component, ComponentKind::sink, instance_name, config_json, &PluginEventSink::make);
}

}  // namespace asmgr
