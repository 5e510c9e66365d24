#include "host/cli/plugin_places.hpp"

#include "core/config/config_search.hpp"
#include "core/config/file_reader.hpp"
#include "host/cli/opening.hpp"

namespace asmgr::cli {
namespace {

namespace fs = std::filesystem;

fs::path program_file() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed);
}

Result<PluginsSpec> read_plugins_section(const Invocation& invocation) {
  const LoadOptions load = load_options(invocation);
  const auto found = find_config(invocation.global.config, load.environment, load.working_directory);
  if (found.has_error()) return found.error();
  if (found->path.empty()) return PluginsSpec{};
  ReadOptions options;
  options.settings = load.settings;
  Diagnostics diagnostics;
  const ConfigTree tree = read_config(found->path, options, diagnostics);
  if (has_errors(diagnostics)) return to_error(diagnostics, tree.sources);
  // What else is wrong is for `config check` to say.
  Diagnostics ignored;
  return parse_deployment(tree, Selection::everything(), ignored).plugins;
}

}  // namespace

Result<PluginPlaces> find_plugin_places(const Invocation& invocation) {
  const auto plugins = read_plugins_section(invocation);
  if (plugins.has_error()) return plugins.error();
  const std::vector<fs::path> configured(plugins->search_path.begin(), plugins->search_path.end());
  const std::string variable = process_environment()("ASMGR_PLUGIN_PATH").value_or(std::string());
  return PluginPlaces{PluginSearchPath(configured, variable, program_file().parent_path()),
                      TrustRules{plugins->sha256}};
}

Inspector plugin_inspector(const TrustRules& trust) {
  Inspector inspector;
  inspector.program = program_file();
  inspector.arguments = {std::string(kInspectCommand)};
  for (const auto& [name, digest] : trust.sha256) {
    inspector.arguments.push_back("--pin");
    inspector.arguments.push_back(name + "=" + digest);
  }
  return inspector;
}

}  // namespace asmgr::cli
