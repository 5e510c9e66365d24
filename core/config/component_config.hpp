// One `config:` block met with the component it is for.
#pragma once

#include <optional>
#include <string>

#include "core/config/diagnostic.hpp"
#include "core/config/masking.hpp"
#include "core/config/schema.hpp"
#include "core/config/spec.hpp"
#include "core/config/tree.hpp"
#include "core/plugin/catalog.hpp"

namespace asmgr {

// A component that can be created: loaded, and its configuration valid.
struct PreparedComponent {
  ComponentRef component;
  std::string config_json;
  SecretMask mask;                   // of the block's secrets, for what the component says later
  std::vector<std::string> secrets;  // the values that must not appear anywhere
};

// The component's schema. Errors: plugin_load_failed when it is no JSON or goes beyond the subset.
[[nodiscard]] Result<boost::json::object> schema_of(const ComponentRef& component);

// Opens the plugin, checks the block against the component's schema and asks the component itself. Everything that is
// wrong becomes a diagnostic at its line: what the loader says at the `plugin:` value, with its own code. A secret that
// the plugin repeats is masked.
[[nodiscard]] std::optional<PreparedComponent> prepare_component(const std::string& name, const ComponentSpec& spec,
                                                                 ComponentKind kind, const ConfigTree& tree,
                                                                 const SchemaOptions& options, PluginCatalog& catalog,
                                                                 Diagnostics& diagnostics);

}  // namespace asmgr
