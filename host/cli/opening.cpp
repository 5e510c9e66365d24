#include "host/cli/opening.hpp"

#include <mutex>

#include "core/config/deployment.hpp"
#include "core/config/http_get.hpp"
#include "core/config/suggest.hpp"
#include "core/model/json.hpp"
#include "host/cli/host_log.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

class OpenedDeployment final : public Opened {
 public:
  OpenedDeployment(Deployment deployment, std::string path, LoadOptions load, ManagerOptions options)
      : path_(std::move(path)),
        load_(std::move(load)),
        deployment_(std::move(deployment)),
        manager_(deployment_.wiring(), with_reload(std::move(options))) {}
  [[nodiscard]] const Wiring& wiring() const noexcept override { return deployment_.wiring(); }
  [[nodiscard]] SessionManager& manager() noexcept override { return manager_; }
  [[nodiscard]] Result<void> reload() override {
    const std::lock_guard lock(reloading_);
    LoadOptions options = load_;
    options.previous = &deployment_;
    auto next = Deployment::load(path_, options);
    if (!next) return next.error();
    if (auto taken = manager_.reload(next->wiring()); !taken) return taken;
    deployment_ = std::move(*next);
    manager_.account_for({.what = "reloaded", .by = this_user()});
    return {};
  }
  [[nodiscard]] PluginCatalog& plugins() noexcept override { return *deployment_.catalog(); }

 private:
  [[nodiscard]] ManagerOptions with_reload(ManagerOptions options) {
    if (options.serves) options.on_reload = [this] { return reload(); };
    return options;
  }

  std::string path_;
  LoadOptions load_;
  std::mutex reloading_;
  Deployment deployment_;  // before the engine, so that it is there until that has ended
  SessionManager manager_;
};

// What only the command line names is not checked with the file.
Result<void> check_policies(const Deployment& deployment, const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  for (const auto& [name, policy] : deployment.spec().policies) known.push_back(name);
  for (const auto& name : wanted) {
    if (deployment.spec().policies.count(name) > 0) continue;
    const std::string hint = known.empty() ? "it has none" : suggest(name, known);
    return Error(ErrorCode::config_invalid,
                 "--policy: '" + name + "' is not a policy of " +
                     (deployment.file().empty() ? "the built-in deployment" : deployment.file()) +
                     (hint.empty() ? "" : "; " + hint));
  }
  return {};
}

const boost::json::object& log_settings(const DeploymentSpec& spec) {
  static const boost::json::object kNone;
  const boost::json::object* found = find_object(spec.host_settings, "log");
  return found == nullptr ? kNone : *found;
}

}  // namespace

LoadOptions load_options(const Invocation& invocation) {
  LoadOptions options;
  options.settings = invocation.global.sets;
  options.program_version = ASMGR_VERSION;
  options.log = &invocation.log;
  options.ask_server = [](const std::string& url) { return http_get(url, std::chrono::milliseconds(300)); };
  return options;
}

namespace {

LoadOptions options_for(Invocation& invocation, Selection selection, LogTaste taste) {
  LoadOptions options = load_options(invocation);
  options.selection = std::move(selection);
  options.before_plugins = [&log = invocation.log, taste](const DeploymentSpec& spec) {
    log.configure(log_settings(spec), taste);
  };
  return options;
}

Selection selection_of(const Needs& needs) {
  Selection selection = Selection::only(needs.pipeline);
  selection.provider = needs.provider;
  selection.policies = needs.policies;
  return selection;
}

Result<Deployment> load(Invocation& invocation, const LoadOptions& options) {
  auto deployment = Deployment::load(invocation.global.config, options);
  if (deployment.has_error()) return deployment;
  const auto checked = check_policies(*deployment, options.selection.policies);
  if (checked.has_error()) return checked.error();
  return deployment;
}

Result<std::unique_ptr<Opened>> open(Invocation& invocation, Selection selection, ManagerOptions manager = {}) {
  LoadOptions options =
      options_for(invocation, std::move(selection), manager.serves ? LogTaste::host : LogTaste::command);
  auto deployment = load(invocation, options);
  if (deployment.has_error()) return deployment.error();
  // The engine says the wiring's warnings through this, once.
  manager.log = [&log = invocation.log](const LogLine& line) { log.write(line); };
  return std::unique_ptr<Opened>(std::make_unique<OpenedDeployment>(std::move(*deployment), invocation.global.config,
                                                                    std::move(options), std::move(manager)));
}

}  // namespace

Result<std::unique_ptr<Opened>> open_deployment(Invocation& invocation, const Needs& needs) {
  return open(invocation, selection_of(needs));
}

Result<Deployment> load_without_stores(Invocation& invocation, const Needs& needs) {
  LoadOptions options = options_for(invocation, selection_of(needs), LogTaste::command);
  options.extent = BuildExtent::check;
  return load(invocation, options);
}

Result<Deployment> load_stores(Invocation& invocation, std::vector<std::string> names) {
  return load(invocation, options_for(invocation, Selection::stores(std::move(names)), LogTaste::command));
}

Result<Deployment> load_store_with(Invocation& invocation, const std::string& store, const std::string& setting) {
  LoadOptions options = options_for(invocation, Selection::stores({store}), LogTaste::command);
  if (!setting.empty()) options.settings.push_back(setting);
  return load(invocation, options);
}

Result<Deployment> load_unopened_store(Invocation& invocation, const std::string& store) {
  LoadOptions options = options_for(invocation, Selection::one_store(store), LogTaste::command);
  options.extent = BuildExtent::check;
  return load(invocation, options);
}

Result<std::unique_ptr<Opened>> open_host(Invocation& invocation, std::shared_ptr<Observer> observer) {
  ManagerOptions manager;
  manager.serves = true;
  manager.observer = std::move(observer);
  return open(invocation, Selection::everything(), std::move(manager));
}

void add_store_name_option(CLI::App& app, std::string& store) {
  app.add_option("--store", store, "The store, by its name below `stores` (default: the default pipeline's)")
      ->type_name("NAME");
}

Result<std::unique_ptr<Opened>> open_store_named(Invocation& invocation, const std::string& store) {
  return open(invocation, Selection::one_store(store));
}

Result<std::unique_ptr<Opened>> open_for_upkeep(Invocation& invocation, const std::string& store,
                                                const std::string& archive) {
  return open(invocation, Selection::upkeep_of(store, archive));
}

void add_store_option(CLI::App& app, std::string& pipeline) {
  app.add_option("--pipeline", pipeline, "Pipeline whose store is asked (default: default)")->type_name("NAME");
}

Result<std::unique_ptr<Opened>> open_store(Invocation& invocation, const std::string& pipeline) {
  return open(invocation, Selection::only_store(pipeline));
}

}  // namespace asmgr::cli
