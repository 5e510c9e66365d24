// From the global options to a session manager: finds the configuration, loads the plugins it needs, starts the engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"
#include "host/cli/command.hpp"

namespace asmgr::cli {

// What the global options say about loading; everything is selected.
[[nodiscard]] LoadOptions load_options(const Invocation& invocation);

// What of the configuration a command needs; names are options of the command and may be empty.
struct Needs {
  std::string pipeline;
  std::string provider;
  std::vector<std::string> policies;
};

// A deployment with its engine. Ending it ends the engine first, then the plugins.
class Opened {
 public:
  virtual ~Opened() = default;
  [[nodiscard]] virtual const Wiring& wiring() const noexcept = 0;
  [[nodiscard]] virtual SessionManager& manager() noexcept = 0;
  // Reads the configuration again. On an error everything stays as it was. Any thread, one at a time.
  [[nodiscard]] virtual Result<void> reload() = 0;
  [[nodiscard]] virtual PluginCatalog& plugins() noexcept = 0;
};

// Errors: config_invalid (also for a pipeline, provider or policy that is not there), the plugin loading codes, the
// store's.
[[nodiscard]] Result<std::unique_ptr<Opened>> open_deployment(Invocation& invocation, const Needs& needs);

// The same without its stores and without an engine, for what only asks what would be.
[[nodiscard]] Result<Deployment> load_without_stores(Invocation& invocation, const Needs& needs);

// The whole file, and an engine that looks for work and tells `observer` (may be null) what it does.
[[nodiscard]] Result<std::unique_ptr<Opened>> open_host(Invocation& invocation, std::shared_ptr<Observer> observer);

// The stores of these names alone, whichever pipelines use them; no engine. Errors: as above, and config_invalid with a
// suggestion for a name that is no store's.
[[nodiscard]] Result<Deployment> load_stores(Invocation& invocation, std::vector<std::string> names);

// One store, opened with one more setting (as --set takes it, "" for none); no engine. Errors: as above.
[[nodiscard]] Result<Deployment> load_store_with(Invocation& invocation, const std::string& store,
                                                 const std::string& setting);
// What the file says of a store (empty: the default pipeline's), and its plugins; it is not opened.
[[nodiscard]] Result<Deployment> load_unopened_store(Invocation& invocation, const std::string& store);

// The store of that name (empty: the default pipeline's) and an engine over it. Errors: as above.
void add_store_name_option(CLI::App& app, std::string& store);
[[nodiscard]] Result<std::unique_ptr<Opened>> open_store_named(Invocation& invocation, const std::string& store);
// The same with all that keeping it small takes: the stores it is archived in, `archive` (may be empty) among them, and
// where the artifacts of its sessions are.
[[nodiscard]] Result<std::unique_ptr<Opened>> open_for_upkeep(Invocation& invocation, const std::string& store,
                                                              const std::string& archive);

// For commands that only need a pipeline's store: --pipeline, and the deployment that it reaches without its providers.
void add_store_option(CLI::App& app, std::string& pipeline);
[[nodiscard]] Result<std::unique_ptr<Opened>> open_store(Invocation& invocation, const std::string& pipeline);

}  // namespace asmgr::cli
