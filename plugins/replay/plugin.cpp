#include <asmgr/plugin.hpp>

#include "config_schema.hpp"
#include "replay_provider.hpp"

namespace {

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<asmgr::replay::ReplayProvider>(
    "replay", "Plays a recorded run, with faults on request", asmgr::replay::kConfigSchemaText)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.replay", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
