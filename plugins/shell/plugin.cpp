#include <asmgr/plugin.hpp>

#include "config_schema.hpp"
#include "shell_provider.hpp"

namespace {

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<asmgr::shell::ShellProvider, &asmgr::sdk::make_instance<asmgr::shell::ShellProvider>,
                          &asmgr::shell::validate_config>("shell", "Runs commands on the machine of the host",
                                                          asmgr::shell::kConfigSchemaText)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.shell", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
