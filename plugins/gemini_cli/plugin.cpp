#include <asmgr/plugin.hpp>

#include "config_schema.hpp"
#include "gemini_cli_provider.hpp"

namespace {

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<asmgr::gemini_cli::GeminiCliProvider>(
    "gemini_cli", "Runs Gemini CLI on the machine of the host", asmgr::gemini_cli::kConfigSchemaText)};

constexpr asmgr_plugin kPlugin =
    asmgr::sdk::plugin({"com.asmgr.gemini_cli", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
