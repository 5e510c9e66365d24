// Policies that a caller gives as JSON instead of naming one of the file.
#pragma once

#include <memory>

#include "core/config/schema.hpp"
#include "core/engine/wiring.hpp"
#include "core/plugin/catalog.hpp"

namespace asmgr {

// Makes policies from {"plugin", "config", "on_error", "on_unenforceable"}, checked like an entry of the file. Plugins
// are found by name only: a caller must not choose which file is loaded. Keeps the catalogue alive.
[[nodiscard]] PolicyMaker inline_policy_maker(std::shared_ptr<PluginCatalog> catalog, SchemaOptions options);

}  // namespace asmgr
