#include <asmgr/plugin.hpp>

#include "codex_provider.hpp"
#include "config_schema.hpp"

namespace {

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<asmgr::codex::CodexProvider>(
    "codex", "Runs Codex on the machine of the host", asmgr::codex::kConfigSchemaText)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.codex", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
