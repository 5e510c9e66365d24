// From a component and a `config:` block to a port the engine can use.
//
// `config_json` is valid against the component's schema with defaults filled in. The component must be of the kind the
// function makes. What is made must end before the catalogue does. Any thread. Errors: plugin_load_failed,
// config_invalid.
#pragma once

#include <memory>
#include <string_view>

#include "core/plugin/catalog.hpp"
#include "core/ports/artifacts.hpp"
#include "core/ports/policy.hpp"
#include "core/ports/provider.hpp"
#include "core/ports/sink.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

[[nodiscard]] Result<std::unique_ptr<Store>> create_store(const ComponentRef& component, std::string_view instance_name,
                                                          std::string_view config_json);
[[nodiscard]] Result<std::unique_ptr<Provider>> create_provider(const ComponentRef& component,
                                                                std::string_view instance_name,
                                                                std::string_view config_json);
[[nodiscard]] Result<std::unique_ptr<Policy>> create_policy(const ComponentRef& component,
                                                            std::string_view instance_name,
                                                            std::string_view config_json);
[[nodiscard]] Result<std::unique_ptr<ArtifactStore>> create_artifacts(const ComponentRef& component,
                                                                      std::string_view instance_name,
                                                                      std::string_view config_json);
[[nodiscard]] Result<std::unique_ptr<EventSink>> create_sink(const ComponentRef& component,
                                                             std::string_view instance_name,
                                                             std::string_view config_json);

}  // namespace asmgr
