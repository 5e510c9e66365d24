#include <asmgr/plugin.hpp>

#include "config_schema.hpp"
#include "gemini_provider.hpp"

namespace {

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<asmgr::gemini::GeminiProvider, &asmgr::sdk::make_instance<asmgr::gemini::GeminiProvider>,
                          &asmgr::gemini::validate_config>("gemini", "Models behind Google's Gemini API",
                                                           asmgr::gemini::kConfigSchemaText)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.gemini", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
