#include "core/config/retention_settings.hpp"

#include "core/model/json.hpp"

namespace asmgr {

StoreRetention parse_retention(const boost::json::object& json, const ConfigNode& node, const std::string& path,
                               Diagnostics& diagnostics) {
  StoreRetention retention;
  if (const auto every = find_int(json, "every")) retention.every = std::chrono::milliseconds(*every);
  auto policy = retention_from_json(json);
  if (policy) {
    retention.policy = std::move(*policy);
    return retention;
  }
  const boost::json::object details = policy.error().details();
  const auto field = find_string(details, "field");
  const Located place = locate(node, path, field ? "/" + std::string(*field) : std::string());
  Diagnostic diagnostic;
  diagnostic.position = place.position;
  diagnostic.path = place.path;
  diagnostic.message = policy.error().message();
  diagnostics.push_back(std::move(diagnostic));
  return retention;
}

}  // namespace asmgr
