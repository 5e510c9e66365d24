#include "core/config/component_config.hpp"

#include <algorithm>

#include "core/config/show.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

void report(Diagnostics& diagnostics, Position where, std::string path, std::string message, ErrorCode code) {
  Diagnostic diagnostic;
  diagnostic.position = where;
  diagnostic.path = std::move(path);
  diagnostic.message = std::move(message);
  diagnostic.code = code;
  diagnostics.push_back(std::move(diagnostic));
}

// What a block that is not there means: an empty one, at the place of its entry.
ConfigNode absent_block(const ComponentSpec& spec) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::map;
  node.position = spec.place.position;
  return node;
}

SecretMask mask_of(const ConfigNode& block, const boost::json::object& schema) {
  SecretMask mask;
  mask.add_substituted(block);
  for (const ConfigNode* secret : secret_values(block, schema)) mask.add(*secret);
  return mask;
}

// What the schema marks, and what comes from the environment or a file under a name that sounds secret. What comes from
// there under another name may be an ordinary word, such as a model's.
std::vector<std::string> secret_texts(const ConfigNode& block, const boost::json::object& schema) {
  std::vector<std::string> texts;
  for (const ConfigNode* node : secret_values(block, schema)) {
    if (node->is_scalar()) texts.push_back(node->text);
  }
  for (const ConfigNode* node : values_that_sound_secret(block)) {
    if (node->is_scalar() && node->origin != ValueOrigin::literal) texts.push_back(node->text);
  }
  return texts;
}

std::size_t count_errors(const Diagnostics& diagnostics) {
  return static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(),
                                                [](const Diagnostic& one) { return one.severity == Severity::error; }));
}

// True when the component has nothing against its configuration.
bool ask_component(const std::string& name, const ComponentSpec& spec, const ComponentRef& component,
                   const std::string& config_json, const ConfigNode& block, const SecretMask& mask,
                   Diagnostics& diagnostics) {
  const std::string path = spec.place.path + ".config";
  const Result<std::vector<ConfigProblem>> problems = component.validate(name, config_json);
  if (!problems) {
    report(diagnostics, block.position, path, mask.apply(problems.error().message()), problems.error().code());
    return false;
  }
  for (const ConfigProblem& problem : *problems) {
    const Located place = locate(block, path, problem.path);
    report(diagnostics, place.position, place.path, mask.apply(problem.message), ErrorCode::config_invalid);
  }
  return problems->empty();
}

}  // namespace

Result<boost::json::object> schema_of(const ComponentRef& component) {
  Result<boost::json::object> schema =
      parse_json_object(component.config_schema(), "the configuration schema of " + component.name());
  if (!schema) return Error(ErrorCode::plugin_load_failed, schema.error().message());
  const std::vector<std::string> problems = check_schema(*schema);
  if (problems.empty()) return schema;
  return Error(ErrorCode::plugin_load_failed, "the plugin's own configuration schema of '" + component.name() +
                                                  "' is wrong at " + problems.front() +
                                                  "; ask its author for a corrected version");
}

std::optional<PreparedComponent> prepare_component(const std::string& name, const ComponentSpec& spec,
                                                   ComponentKind kind, const ConfigTree& tree,
                                                   const SchemaOptions& options, PluginCatalog& catalog,
                                                   Diagnostics& diagnostics) {
  if (spec.plugin.empty()) return std::nullopt;  // the file's own schema has said so
  const Result<ComponentRef> component = catalog.open(spec.plugin, kind);
  const std::string plugin_path = spec.place.path + ".plugin";
  if (!component) {
    report(diagnostics, spec.plugin_position, plugin_path, component.error().message(), component.error().code());
    return std::nullopt;
  }
  const Result<boost::json::object> schema = schema_of(*component);
  if (!schema) {
    report(diagnostics, spec.plugin_position, plugin_path, schema.error().message(), schema.error().code());
    return std::nullopt;
  }
  const ConfigNode absent = absent_block(spec);
  const ConfigNode& block = spec.place.config == nullptr ? absent : *spec.place.config;
  const std::size_t errors_before = count_errors(diagnostics);
  const auto value = apply_schema(block, *schema, spec.place.path + ".config", tree.sources, options, diagnostics);
  if (!value || count_errors(diagnostics) > errors_before) return std::nullopt;
  std::string config_json = to_text(*value);
  SecretMask mask = mask_of(block, *schema);
  if (!ask_component(name, spec, *component, config_json, block, mask, diagnostics)) return std::nullopt;
  return PreparedComponent{*component, std::move(config_json), std::move(mask), secret_texts(block, *schema)};
}

}  // namespace asmgr
