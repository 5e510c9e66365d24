#include <asmgr/plugin.hpp>
#include <memory>

#include "memory_store.hpp"

namespace {

constexpr std::string_view kSchema = R"({"type":"object","additionalProperties":false,"properties":{}})";

std::unique_ptr<asmgr::memory_store::MemoryStore> make_store(const asmgr::sdk::Create& create) {
  return std::make_unique<asmgr::memory_store::MemoryStore>(create.host);
}

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<asmgr::memory_store::MemoryStore, &make_store>(
    "memory", "Keeps sessions in this process's memory; they are gone when it ends", kSchema)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.memory", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
