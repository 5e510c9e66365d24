#include "host/cli/opening.hpp"

#include <asmgr/abi/host.h>

#include "core/config/deployment.hpp"
#include "core/config/suggest.hpp"
#include "host/cli/host_log.hpp"

namespace asmgr::cli {
namespace {

class OpenedDeployment final : public Opened {
 public:
  OpenedDeployment(Deployment deployment, ManagerOptions options)
      : deployment_(std::move(deployment)), manager_(deployment_.wiring(), std::move(options)) {}
  [[nodiscard]] const Wiring& wiring() const noexcept override { return deployment_.wiring(); }
  [[nodiscard]] SessionManager& manager() noexcept override { return manager_; }

 private:
  Deployment deployment_;  // first, so that it is there until the engine has ended
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

LogLevel log_level(int abi_level) noexcept {
  return abi_level < 0 || abi_level > ASMGR_LOG_ERROR ? LogLevel::error : static_cast<LogLevel>(abi_level);
}

}  // namespace

LoadOptions load_options(const Invocation& invocation) {
  LoadOptions options;
  options.settings = invocation.global.sets;
  options.program_version = ASMGR_VERSION;
  options.log = &invocation.log;
  return options;
}

namespace {

Result<std::unique_ptr<Opened>> open(Invocation& invocation, Selection selection, bool serves = false) {
  LoadOptions options = load_options(invocation);
  options.selection = std::move(selection);
  auto deployment = Deployment::load(invocation.global.config, options);
  if (deployment.has_error()) return deployment.error();
  const auto& wanted = options.selection.policies;
  if (const auto checked = check_policies(*deployment, wanted); checked.has_error()) return checked.error();
  // The engine says the wiring's warnings through this, once.
  ManagerOptions manager;
  manager.serves = serves;
  manager.log = [&log = invocation.log](int level, std::string_view message) {
    log.write(log_level(level), {}, message, {});
  };
  return std::unique_ptr<Opened>(std::make_unique<OpenedDeployment>(std::move(*deployment), std::move(manager)));
}

}  // namespace

Result<std::unique_ptr<Opened>> open_deployment(Invocation& invocation, const Needs& needs) {
  Selection selection = Selection::only(needs.pipeline);
  selection.provider = needs.provider;
  selection.policies = needs.policies;
  return open(invocation, std::move(selection));
}

Result<std::unique_ptr<Opened>> open_host(Invocation& invocation) {
  return open(invocation, Selection::everything(), true);
}

void add_store_option(CLI::App& app, std::string& pipeline) {
  app.add_option("--pipeline", pipeline, "Pipeline whose store is asked (default: default)")->type_name("NAME");
}

Result<std::unique_ptr<Opened>> open_store(Invocation& invocation, const std::string& pipeline) {
  return open(invocation, Selection::only_store(pipeline));
}

}  // namespace asmgr::cli
