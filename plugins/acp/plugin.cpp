#include <asmgr/plugin.hpp>

#include "acp_provider.hpp"
#include "config_schema.hpp"

namespace {

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<asmgr::acp::AcpProvider, &asmgr::sdk::make_instance<asmgr::acp::AcpProvider>,
                          &asmgr::acp::validate_config>("acp", "Runs any agent of the Agent Client Protocol",
                                                        asmgr::acp::kConfigSchema)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.acp", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
