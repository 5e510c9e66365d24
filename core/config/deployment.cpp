#include "core/config/deployment.hpp"

#include <algorithm>
#include <filesystem>

#include "core/config/config_search.hpp"
#include "core/config/deployment_builder.hpp"
#include "core/config/file_reader.hpp"
#include "core/config/host_schema.hpp"
#include "core/config/ready_here.hpp"
#include "core/config/schema.hpp"
#include "core/config/show.hpp"

namespace asmgr {
namespace {

namespace fs = std::filesystem;

std::string folder_of_program(const LoadOptions& options) {
  if (!options.program_folder.empty()) return options.program_folder;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  return failed ? std::string() : program.parent_path().string();
}

PluginSearchPath search_path_of(const DeploymentSpec& spec, const LoadOptions& options) {
  std::vector<fs::path> configured;
  for (const std::string& folder : spec.plugins.search_path) configured.emplace_back(folder);
  const std::string variable =
      options.environment ? options.environment("ASMGR_PLUGIN_PATH").value_or(std::string()) : std::string();
  return PluginSearchPath(std::move(configured), variable, folder_of_program(options));
}

std::shared_ptr<PluginCatalog> catalog_for(const DeploymentSpec& spec, const LoadOptions& options) {
  TrustRules trust{spec.plugins.sha256};
  const auto& known = options.previous != nullptr ? options.previous->catalog() : options.catalog;
  if (known) {
    known->set_search_path(search_path_of(spec, options));
    known->set_trust(std::move(trust));
    return known;
  }
  auto services = std::make_unique<HostServices>(options.program_version, system_clock(), options.log);
  return std::make_shared<PluginCatalog>(search_path_of(spec, options), std::move(trust), std::move(services));
}

ReadOptions read_options(const LoadOptions& options) {
  return {options.settings, options.environment, options.working_directory};
}

// Commands that only read stores need no provider, so nobody is looked for.
std::string built_in_text(const FoundConfig& found, const LoadOptions& options) {
  if (options.selection.store_only) return built_in_deployment(found.state_folder, {});
  const PluginSearchPath plugins = search_path_of({}, options);
  Surroundings here;
  here.environment = options.environment ? options.environment : [](std::string_view) { return std::nullopt; };
  here.has_plugin = [&](const std::string& plugin) { return plugins.find(plugin).has_value(); };
  here.get = options.ask_server;
  return built_in_deployment(found.state_folder, ready_here(here));
}

ConfigTree read_found(const FoundConfig& found, const LoadOptions& options, Diagnostics& diagnostics) {
  if (!found.path.empty()) return read_config(found.path, read_options(options), diagnostics);
  return read_config_text(built_in_text(found, options), "built-in deployment", read_options(options), diagnostics);
}

Result<void> make_state_folder(const FoundConfig& found, const LoadOptions& options) {
  if (found.state_folder.empty() || options.extent == BuildExtent::check) return boost::system::in_place_value;
  std::error_code failed;
  const bool made = fs::create_directories(found.state_folder, failed);
  if (failed) {
    return Error(ErrorCode::config_invalid, "the folder of the built-in store, " + found.state_folder +
                                                ", cannot be made: " + failed.message() +
                                                "; name a configuration file with --config");
  }
  if (made) fs::permissions(found.state_folder, fs::perms::owner_all, failed);  // what is in it may be private
  return boost::system::in_place_value;
}

std::string default_provider(const DeploymentSpec& spec) {
  const auto pipeline = spec.pipelines.find("default");
  return pipeline == spec.pipelines.end() ? std::string() : pipeline->second.pipeline.provider;
}

std::vector<std::string> warning_sentences(const Diagnostics& diagnostics) {
  std::vector<std::string> sentences;
  for (const Diagnostic& one : diagnostics) {
    if (one.severity == Severity::warning) sentences.push_back(one.path + ": " + one.message);
  }
  return sentences;
}

template <typename Specs>
void collect_secrets(const Specs& specs, ComponentKind kind, PluginCatalog& catalog,
                     std::vector<const ConfigNode*>& out) {
  for (const auto& [name, spec] : specs) {
    if (spec.place.config == nullptr) continue;
    Result<ComponentRef> component = catalog.open(spec.plugin, kind);
    Result<boost::json::object> schema =
        component ? schema_of(*component) : Result<boost::json::object>(component.error());
    const auto found =
        schema ? secret_values(*spec.place.config, *schema) : values_that_sound_secret(*spec.place.config);
    out.insert(out.end(), found.begin(), found.end());
  }
}

}  // namespace

Result<Deployment> Deployment::load(const std::string& path, const LoadOptions& options) {
  auto deployment = load_file(path, options);
  if (!deployment && options.previous != nullptr) (void)catalog_for(options.previous->spec(), options);
  return deployment;
}

Result<Deployment> Deployment::load_file(const std::string& path, const LoadOptions& options) {
  const Result<FoundConfig> found = find_config(path, options.environment, options.working_directory);
  if (!found) return found.error();
  Deployment deployment;
  deployment.file_ = found->path;
  Diagnostics diagnostics;
  deployment.tree_ = std::make_unique<ConfigTree>(read_found(*found, options, diagnostics));
  const Sources& sources = deployment.tree_->sources;
  if (has_errors(diagnostics)) return to_error(diagnostics, sources);

  deployment.spec_ =
      std::make_unique<DeploymentSpec>(parse_deployment(*deployment.tree_, options.selection, diagnostics));
  if (options.before_plugins) options.before_plugins(*deployment.spec_);
  deployment.catalog_ = catalog_for(*deployment.spec_, options);
  DeploymentBuilder builder(deployment, options, diagnostics);
  builder.prepare();
  if (has_errors(diagnostics)) return to_error(diagnostics, sources);
  if (const Result<void> made = make_state_folder(*found, options); !made) return made.error();
  builder.create();
  if (has_errors(diagnostics)) return to_error(diagnostics, sources);
  builder.wire();

  deployment.rendered_warnings_ = render(diagnostics, sources);
  deployment.wiring_.warnings = warning_sentences(diagnostics);
  if (found->path.empty()) {
    deployment.wiring_.warnings.insert(deployment.wiring_.warnings.begin(),
                                       "no configuration file was found: using the built-in deployment (store " +
                                           found->state_folder + ", provider " + default_provider(*deployment.spec_) +
                                           "); --config names a file");
  }
  return deployment;
}

Result<std::string> show_deployment(const std::string& path, const LoadOptions& options) {
  const Result<FoundConfig> found = find_config(path, options.environment, options.working_directory);
  if (!found) return found.error();
  Diagnostics diagnostics;
  const ConfigTree tree = read_found(*found, options, diagnostics);
  if (has_errors(diagnostics)) return to_error(diagnostics, tree.sources);
  // What is wrong beyond that is for `config check` to say; here it only means that less is known about secrets.
  Diagnostics ignored;
  const DeploymentSpec spec = parse_deployment(tree, options.selection, ignored);
  const std::shared_ptr<PluginCatalog> catalog = catalog_for(spec, options);
  std::vector<const ConfigNode*> secrets = secret_values(tree.root, host_schema());
  collect_secrets(spec.stores, ComponentKind::store, *catalog, secrets);
  collect_secrets(spec.artifacts, ComponentKind::artifacts, *catalog, secrets);
  collect_secrets(spec.providers, ComponentKind::provider, *catalog, secrets);
  collect_secrets(spec.policies, ComponentKind::policy, *catalog, secrets);
  return show_tree(tree.root, secrets);
}

}  // namespace asmgr
