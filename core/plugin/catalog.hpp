// The plugins of this process: opened by name, loaded once, kept until the end.
#pragma once

#include <asmgr/abi/plugin.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/agreement.hpp"
#include "core/plugin/host_services.hpp"
#include "core/plugin/init_thread.hpp"
#include "core/plugin/library.hpp"
#include "core/plugin/search_path.hpp"
#include "core/plugin/trust.hpp"

namespace asmgr {

// How long the host waits for the functions that make and end things.
struct PluginLimits {
  std::chrono::milliseconds init = std::chrono::seconds(10);
  std::chrono::milliseconds create = std::chrono::seconds(30);
  std::chrono::milliseconds destroy = std::chrono::seconds(30);
  std::chrono::milliseconds deinit = std::chrono::seconds(10);
};

// What a plugin is called with.
struct PluginRuntime {
  explicit PluginRuntime(std::unique_ptr<HostServices> host_services, PluginLimits given_limits)
      : services(std::move(host_services)), limits(given_limits) {}
  std::unique_ptr<HostServices> services;
  InitThread init_thread;
  PluginLimits limits;
};

// One file in the process. Made by the catalogue, lives as long as it.
class LoadedPlugin {
 public:
  LoadedPlugin(PluginSubject subject, FileIdentity identity, std::string sha256, const asmgr_plugin& abi,
               PluginDescription description, PluginRuntime& runtime);

  [[nodiscard]] const std::string& name() const noexcept { return subject_.name; }
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return subject_.file; }
  [[nodiscard]] const PluginSubject& subject() const noexcept { return subject_; }
  [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }
  [[nodiscard]] const PluginDescription& description() const noexcept { return description_; }
  [[nodiscard]] PluginRuntime& runtime() const noexcept { return runtime_; }
  // As description_json gives it.
  [[nodiscard]] boost::json::object describe() const;

  // Instances that are alive, or that were left behind while being destroyed.
  void instance_made() noexcept { ++instances_; }
  void instance_ended() noexcept { --instances_; }

 private:
  friend class PluginCatalog;
  [[nodiscard]] Result<void> init();
  void deinit();

  PluginSubject subject_;
  FileIdentity identity_;
  std::string sha256_;
  const asmgr_plugin& abi_;
  PluginDescription description_;
  PluginRuntime& runtime_;
  std::atomic<int> instances_{0};
  std::optional<Error> failed_;  // init's error, said again to whoever opens the file again
};

// Something of a `config:` block that a schema cannot say.
struct ConfigProblem {
  std::string path;  // JSON pointer
  std::string message;
};

// One component of a loaded plugin. A cheap value; lives as long as the catalogue.
class ComponentRef {
 public:
  ComponentRef(LoadedPlugin& plugin, const ComponentInfo& info) : plugin_(&plugin), info_(&info) {}
  [[nodiscard]] LoadedPlugin& plugin() const noexcept { return *plugin_; }
  [[nodiscard]] const ComponentInfo& info() const noexcept { return *info_; }
  [[nodiscard]] ComponentKind kind() const noexcept { return info_->kind; }
  [[nodiscard]] const std::string& name() const noexcept { return info_->name; }
  [[nodiscard]] const std::string& config_schema() const noexcept { return info_->config_schema; }
  // Asks the component's own validate, if it has one; empty = no problem. No I/O. `instance` is for messages. Errors:
  // the plugin's own, plugin_misbehaved.
  [[nodiscard]] Result<std::vector<ConfigProblem>> validate(std::string_view instance,
                                                            std::string_view config_json) const;

 private:
  LoadedPlugin* plugin_;
  const ComponentInfo* info_;
};

// Picks by rule: the component of `kind` that is called `wanted`; with `wanted` empty the one called like the file,
// else the only one of the kind. Errors: config_invalid naming what there is.
[[nodiscard]] Result<ComponentRef> pick_component(LoadedPlugin& plugin, ComponentKind kind, std::string_view wanted);

// Opens plugins. Thread-safe; one at a time. End everything made from its components before ending the catalogue: then
// it calls deinit of each plugin, in reverse order of loading. A catalogue is meant to live as long as the process.
class PluginCatalog {
 public:
  // `services` is what plugins are given.
  PluginCatalog(PluginSearchPath path, TrustRules trust, std::unique_ptr<HostServices> services,
                PluginLimits limits = {});
  ~PluginCatalog();
  PluginCatalog(const PluginCatalog&) = delete;
  PluginCatalog& operator=(const PluginCatalog&) = delete;

  // The component for a section's `plugin:` value: NAME, FILE/NAME or an absolute path. Loads the file on first use.
  // Errors: config_invalid, plugin_load_failed, plugin_abi_mismatch.
  [[nodiscard]] Result<ComponentRef> open(std::string_view value, ComponentKind kind);
  // The whole file, by NAME or absolute path.
  [[nodiscard]] Result<LoadedPlugin*> open_file(const PluginReference& reference);

  // The rules for files opened from now on; what is loaded stays.
  void set_trust(TrustRules trust);
  void set_search_path(PluginSearchPath path);

  [[nodiscard]] std::vector<const LoadedPlugin*> loaded() const;
  [[nodiscard]] HostServices& services() noexcept { return *runtime_->services; }

 private:
  [[nodiscard]] Result<LoadedPlugin*> load(const PluginSubject& subject);
  [[nodiscard]] LoadFrom way_to_load(const std::filesystem::path& file, const FileIdentity& identity);

  mutable std::mutex mutex_;
  PluginSearchPath path_;
  TrustRules trust_;
  std::unique_ptr<PluginRuntime> runtime_;
  std::deque<std::unique_ptr<LoadedPlugin>> plugins_;
  std::map<std::filesystem::path, FileIdentity> given_to_loader_;
};

}  // namespace asmgr
