#include "core/config/permission_modes.hpp"

#include <algorithm>

#include "core/config/suggest.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// Empty where the schema says nothing of the modes.
boost::json::object meanings_in(const ComponentRef& component) {
  const auto schema = parse_json_object(component.config_schema(), "configuration schema");
  if (!schema) return {};
  const boost::json::object* properties = find_object(*schema, "properties");
  const boost::json::object* property = properties == nullptr ? nullptr : find_object(*properties, kPermissionModeKey);
  const boost::json::object* meanings = property == nullptr ? nullptr : find_object(*property, "x-meanings");
  return meanings == nullptr ? boost::json::object{} : *meanings;
}

std::string names_in(const boost::json::object& meanings) {
  std::string names;
  for (const auto& [mode, meaning] : meanings) names.append(names.empty() ? "" : ", ").append(mode);
  return names;
}

}  // namespace

void check_permission_mode(const ProviderSpec& spec, const ComponentRef& component, Diagnostics& diagnostics) {
  const ConfigNode* mode = spec.place.config == nullptr ? nullptr : spec.place.config->find(kPermissionModeKey);
  if (mode == nullptr || !mode->is_scalar() || !mode->problem.empty() || mode->text == kPermissionModes.front()) return;
  Diagnostic diagnostic;
  diagnostic.position = mode->position;
  diagnostic.path = path_join(spec.place.path + ".config", kPermissionModeKey);
  if (std::find(kPermissionModes.begin(), kPermissionModes.end(), mode->text) == kPermissionModes.end()) {
    diagnostic.message = "the value is not a permission mode";
    const std::vector<std::string> known(kPermissionModes.begin(), kPermissionModes.end());
    diagnostic.suggestion = suggest(mode->text, known);
    return diagnostics.push_back(std::move(diagnostic));
  }
  const boost::json::object meanings = meanings_in(component);
  if (meanings.contains(mode->text)) return;
  const std::string others = names_in(meanings);
  diagnostic.severity = Severity::warning;
  diagnostic.message = "'" + mode->text + "' changes nothing: the plugin '" + spec.plugin + "' has no meaning for it";
  diagnostic.suggestion = others.empty() ? "it has none for any mode; remove the key" : "it knows " + others;
  diagnostics.push_back(std::move(diagnostic));
}

}  // namespace asmgr
