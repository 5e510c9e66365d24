#include <asmgr/plugin.hpp>

#include "config_schema.hpp"
#include "opencode_provider.hpp"

namespace {

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<asmgr::opencode::OpencodeProvider>(
    "opencode", "Runs opencode on the machine of the host", asmgr::opencode::kConfigSchemaText)};

constexpr asmgr_plugin kPlugin =
    asmgr::sdk::plugin({"com.asmgr.opencode", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
