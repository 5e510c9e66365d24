#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/config.hpp>
#include <memory>

#include "sqlite_store.hpp"

namespace {

using asmgr::sqlite_store::Durability;
using asmgr::sqlite_store::Settings;
using asmgr::sqlite_store::SqliteStore;

constexpr std::string_view kSchema = R"json({
  "type": "object",
  "additionalProperties": false,
  "required": ["path"],
  "properties": {
    "path": {
      "type": "string", "x-path": true, "minLength": 1,
      "description": "The database file, on a local disk. It and its folder are made where they are missing."
    },
    "durability": {
      "type": "string", "enum": ["full", "normal"], "default": "full",
      "description": "full: what is committed survives a loss of power. normal: it survives the end of every process, but the last commits may be gone after a loss of power; faster."
    },
    "busy_timeout": {
      "type": "string", "x-unit": "duration", "default": "5s",
      "description": "How long a write waits for another process to finish its own."
    },
    "migrate": {
      "type": "boolean", "default": true,
      "description": "Whether opening makes the file where it is missing, and brings one that an older version wrote up to date. false: that is refused (migration_required) and left to `asmgr store migrate`."
    }
  }
})json";

std::unique_ptr<SqliteStore> make_store(const asmgr::sdk::Create& create) {
  const auto json = asmgr::sdk::parse_config(create.config);
  const asmgr::sdk::Config config(json);
  Settings settings;
  settings.path = config.text("path");
  if (settings.path.empty()) config.fail("path", "is empty; give the path of the database file");
  const std::string durability = config.text_or("durability", "full");
  if (durability != "full" && durability != "normal") config.fail("durability", "must be full or normal");
  settings.durability = durability == "full" ? Durability::full : Durability::normal;
  settings.busy_timeout = std::chrono::milliseconds(config.integer_or("busy_timeout", 5000, 0, 3'600'000));
  settings.migrate = config.flag_or("migrate", true);
  return std::make_unique<SqliteStore>(create.host, settings);
}

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<SqliteStore, &make_store>(
    "sqlite", "Keeps sessions in one SQLite file that all processes of a machine may share", kSchema)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.sqlite", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
