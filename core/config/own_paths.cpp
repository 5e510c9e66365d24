#include "core/config/own_paths.hpp"

#include <filesystem>

#include "core/model/json.hpp"

namespace asmgr {

void add_own_paths(const PreparedComponent& component, std::vector<std::string>& paths) {
  const auto schema = schema_of(component.component);
  const auto config = parse_json_object(component.config_json, "config");
  const boost::json::object* properties = schema ? find_object(*schema, "properties") : nullptr;
  if (properties == nullptr || !config) return;
  for (const auto& [key, property] : *properties) {
    const auto value = find_string(*config, key);
    if (!value || value->empty() || !property.is_object()) continue;
    if (!find_bool(property.get_object(), "x-path").value_or(false)) continue;
    std::error_code failed;
    const std::filesystem::path path = std::filesystem::weakly_canonical(std::string(*value), failed);
    paths.push_back(failed ? std::string(*value) : path.string());
  }
}

}  // namespace asmgr
