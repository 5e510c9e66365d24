// A configuration file made into what a SessionManager runs on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config/diagnostic.hpp"
#include "core/config/environment.hpp"
#include "core/config/http_get.hpp"
#include "core/config/spec.hpp"
#include "core/config/tool_wiring.hpp"
#include "core/engine/wiring.hpp"
#include "core/plugin/catalog.hpp"
#include "core/ports/artifacts.hpp"
#include "core/routing/router.hpp"

namespace asmgr {

// How far to go.
enum class BuildExtent : std::uint8_t {
  complete,  // every instance
  check,     // everything that can be wrong in the file: providers and policies are made, stores are not opened
};

class Deployment;

struct LoadOptions {
  Selection selection;
  std::vector<std::string> settings;  // PATH=VALUE, from --set
  BuildExtent extent = BuildExtent::complete;
  EnvironmentLookup environment = process_environment();
  std::string working_directory = ".";
  // Asks a server on this machine, for the built-in deployment; empty = none is asked.
  std::function<Result<HttpAnswer>(const std::string& url)> ask_server;
  std::string
      program_folder;  // plugins are also looked for in ../lib/asmgr/plugins beside it; empty = the running program's
  std::string program_version = "0.1.0";
  // Called once the file is read, before any plugin is loaded; may be empty.
  std::function<void(const DeploymentSpec&)> before_plugins;
  PluginLog* log = nullptr;  // outlives everything that is loaded; null = plugins' log lines go nowhere
  // Of an earlier deployment, to load another one into the same process; null = a new one. Its search path and trust
  // rules become this file's.
  std::shared_ptr<PluginCatalog> catalog;
  // For a reload: what is configured as it was keeps its instance. Its catalogue is used; when this file is refused,
  // that is as it was.
  const Deployment* previous = nullptr;
};

// Owns the instances. The ports of its wiring keep the plugins alive, so a wiring (or a copy) may outlive it.
class Deployment {
 public:
  // `path` empty = the search order of find_config. Reads, checks and builds; on any error nothing is left behind.
  // Errors: config_invalid with all diagnostics rendered as its message; plugin_load_failed, plugin_abi_mismatch or
  // capability_not_supported when all errors are of that one kind. details.diagnostics holds them as JSON.
  [[nodiscard]] static Result<Deployment> load(const std::string& path, const LoadOptions& options = {});

  [[nodiscard]] const Wiring& wiring() const noexcept { return wiring_; }
  operator const Wiring&() const noexcept { return wiring_; }  // SessionManager manager{deployment}
  [[nodiscard]] const DeploymentSpec& spec() const noexcept { return *spec_; }
  [[nodiscard]] const std::string& file() const noexcept { return file_; }  // empty = built-in
  // Rendered like errors; they are in the wiring's warnings too, one sentence each.
  [[nodiscard]] const std::string& rendered_warnings() const noexcept { return rendered_warnings_; }
  [[nodiscard]] const std::shared_ptr<PluginCatalog>& catalog() const noexcept { return catalog_; }
  [[nodiscard]] const std::map<std::string, std::shared_ptr<ArtifactStore>>& artifacts() const noexcept {
    return artifacts_;
  }
  // Those of the providers that are routers.
  [[nodiscard]] const std::map<std::string, std::shared_ptr<const Router>>& routers() const noexcept {
    return routers_;
  }

 private:
  friend class DeploymentBuilder;
  Deployment() = default;
  // What an instance was made from.
  struct Origin {
    const LoadedPlugin* plugin = nullptr;  // null = a router
    std::string component;
    std::string config_json;
    bool operator==(const Origin&) const = default;
  };
  [[nodiscard]] static Result<Deployment> load_file(const std::string& path, const LoadOptions& options);

  std::string file_;
  std::string rendered_warnings_;
  std::shared_ptr<PluginCatalog> catalog_;
  std::unique_ptr<ConfigTree> tree_;  // the spec points into it
  std::unique_ptr<DeploymentSpec> spec_;
  std::map<std::string, std::shared_ptr<ArtifactStore>> artifacts_;
  std::map<std::string, std::shared_ptr<const Router>> routers_;
  std::map<std::string, Origin> origins_;  // by the path of the entry ("stores.main")
  ToolServers tool_servers_;
  Wiring wiring_;
};

// The merged, substituted file as YAML. Values that a schema marks x-secret and everything that came from ${env:} or
// ${file:} are ***; where a component's schema cannot be had, so are values whose keys sound secret. What could not be
// replaced stays as written. Errors: config_invalid when the file cannot be read as YAML.
[[nodiscard]] Result<std::string> show_deployment(const std::string& path, const LoadOptions& options = {});

}  // namespace asmgr
