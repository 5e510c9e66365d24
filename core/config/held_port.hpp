// A port that keeps its plugin loaded.
#pragma once

#include <memory>

#include "core/plugin/catalog.hpp"

namespace asmgr {

// Instances must end before the catalogue does, and runs in flight keep instances beyond their deployment: so each one
// keeps the catalogue.
template <typename Port>
[[nodiscard]] std::shared_ptr<Port> hold(std::unique_ptr<Port> port, std::shared_ptr<PluginCatalog> catalog) {
  return std::shared_ptr<Port>(port.release(), [held = std::move(catalog)](Port* ending) { delete ending; });
}

}  // namespace asmgr
