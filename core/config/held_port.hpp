// A port that keeps its plugin loaded.
#pragma once

#include <memory>
#include <system_error>
#include <thread>

#include "core/plugin/catalog.hpp"
#include "core/plugin/plugin_call.hpp"

namespace asmgr {

// Instances must end before the catalogue does, and runs in flight keep instances beyond their deployment: so each one
// keeps the catalogue. The last user may be a thread of the plugin's own that says how a run ended: the instance would
// wait for that thread, so it then ends on another one.
template <typename Port>
[[nodiscard]] std::shared_ptr<Port> hold(std::unique_ptr<Port> port, std::shared_ptr<PluginCatalog> catalog) {
  return std::shared_ptr<Port>(port.release(), [held = std::move(catalog)](Port* ending) {
    if (!PluginCall::is_inside()) {
      delete ending;
      return;
    }
    try {
      std::thread([ending, kept = held] { delete ending; }).detach();
    } catch (const std::system_error&) {  // no thread to be had: it stays as it is until the process ends
    }
  });
}

}  // namespace asmgr
