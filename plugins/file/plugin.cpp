#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/config.hpp>
#include <memory>

#include "file_store.hpp"

namespace {

using asmgr::file_store::FileStore;

constexpr std::string_view kSchema = R"json({
  "type": "object",
  "additionalProperties": false,
  "required": ["root"],
  "properties": {
    "root": {
      "type": "string", "x-path": true, "minLength": 1,
      "description": "The folder the artifacts are kept in, on a local disk. It is made where it is missing; one with other files in it is refused."
    }
  }
})json";

std::unique_ptr<FileStore> make_file_store(const asmgr::sdk::Create& create) {
  const auto json = asmgr::sdk::parse_config(create.config);
  const asmgr::sdk::Config config(json);
  const std::string root = config.text("root");
  if (root.empty()) config.fail("root", "is empty; give the path of a folder");
  return std::make_unique<FileStore>(create, root);
}

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<FileStore, &make_file_store>(
    "file", "Keeps artifacts as files below a folder that all processes of a machine may share", kSchema)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.file", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
