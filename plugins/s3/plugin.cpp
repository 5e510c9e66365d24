#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/config.hpp>
#include <memory>

#include "config_schema.hpp"
#include "s3_store.hpp"
#include "settings.hpp"

namespace {

using asmgr::s3_store::S3Store;

std::unique_ptr<S3Store> make_s3_store(const asmgr::sdk::Create& create) {
  const auto json = asmgr::sdk::parse_config(create.config);
  return std::make_unique<S3Store>(create, asmgr::s3_store::read_settings(asmgr::sdk::Config(json)));
}

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<S3Store, &make_s3_store>(
    "s3", "Keeps artifacts as objects of a bucket of Amazon S3 or a compatible service",
    asmgr::s3_store::kConfigSchema)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.s3", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
