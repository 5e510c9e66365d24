#include <asmgr/plugin.hpp>

#include "config_schema.hpp"
#include "openai_provider.hpp"

namespace {

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<asmgr::openai::OpenAiProvider, &asmgr::sdk::make_instance<asmgr::openai::OpenAiProvider>,
                          &asmgr::openai::validate_config>(
        "openai", "Models behind OpenAI's APIs: OpenAI, Azure, Ollama, vLLM, llama.cpp and others",
        asmgr::openai::kConfigSchemaText)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.openai", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
