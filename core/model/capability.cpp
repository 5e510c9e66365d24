#include "core/model/capability.hpp"

#include <algorithm>

#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kTypeNames[] = {
    "tool", "resource", "prompt", "sampling", "file_access", "network_access", "code_execution",
};

boost::json::object to_json(const CapabilityNeed& need) {
  return {{"type", type_name(need.type)},
          {"name", need.name.empty() ? boost::json::value(nullptr) : boost::json::value(need.name)}};
}

boost::json::array to_json(const std::vector<CapabilityNeed>& needs) {
  boost::json::array array;
  array.reserve(needs.size());
  for (const auto& need : needs) array.emplace_back(to_json(need));
  return array;
}

// `sampling "streaming"`
std::string describe(const CapabilityNeed& need) {
  std::string text(type_name(need.type));
  if (!need.name.empty()) text.append(" \"").append(need.name).append("\"");
  return text;
}

bool is_met(const CapabilityNeed& need, std::span<const Capability> offered) {
  return std::ranges::any_of(offered, [&need](const Capability& capability) {
    return capability.enabled && capability.type == need.type && (need.name.empty() || capability.name == need.name);
  });
}

void add_once(std::vector<CapabilityNeed>& needs, const CapabilityNeed& need) {
  if (std::ranges::find(needs, need) == needs.end()) needs.push_back(need);
}

Error missing_error(const std::vector<CapabilityNeed>& missing) {
  std::string message = "the provider lacks what is required: ";
  for (const auto& need : missing) {
    if (&need != &missing.front()) message += ", ";
    message += describe(need);
  }
  message += "; choose another provider or drop the requirement";
  return Error(ErrorCode::missing_required_capability, std::move(message), {{"missing", to_json(missing)}});
}

}  // namespace

std::string_view type_name(CapabilityType type) noexcept {
  const auto index = static_cast<std::size_t>(type);
  return index < std::size(kTypeNames) ? kTypeNames[index] : "unknown";
}

Result<CapabilityType> parse_capability_type(std::string_view name) {
  const auto* known = std::ranges::find(kTypeNames, name);
  if (known != std::end(kTypeNames)) return static_cast<CapabilityType>(known - std::begin(kTypeNames));
  std::string message = "\"";
  message.append(truncate_error_text(name, 1, 60).text).append("\" is not a capability type; use one of ");
  for (const std::string_view type : kTypeNames) {
    if (type != kTypeNames[0]) message += ", ";
    message += type;
  }
  return Error(ErrorCode::invalid_capability_type, std::move(message), {{"type", name}});
}

boost::json::object to_json(const Capability& capability) {
  boost::json::object json;
  json.reserve(6);
  json["name"] = capability.name;
  json["type"] = type_name(capability.type);
  json["enabled"] = capability.enabled;
  json["description"] =
      capability.description.empty() ? boost::json::value(nullptr) : boost::json::value(capability.description);
  json["config"] = capability.config;
  json["permissions"] = to_json_array(capability.permissions);
  return json;
}

Result<Capability> capability_from_json(const boost::json::value& json) {
  auto in = ObjectReader::open(json, "capability", ErrorCode::validation_error);
  if (!in) return in.error();
  auto name = in->required_string("name");
  if (!name) return name.error();
  auto type_text = in->required_string("type");
  if (!type_text) return type_text.error();
  auto type = parse_capability_type(*type_text);
  if (!type) return std::move(type.error()).with_context("cannot read capability \"" + std::string(*name) + "\"");
  auto enabled = in->optional_bool("enabled");
  if (!enabled) return enabled.error();
  auto description = in->optional_string("description");
  if (!description) return description.error();
  auto config = in->optional_object("config");
  if (!config) return config.error();
  auto permissions = in->optional_strings("permissions");
  if (!permissions) return permissions.error();
  return Capability{std::string(*name),      *type,
                    enabled->value_or(true), std::string(*description),
                    std::move(*config),      std::move(*permissions)};
}

Result<CapabilityNeed> capability_need_from_json(const boost::json::value& json) {
  if (const auto* text = json.if_string()) {
    auto type = parse_capability_type(std::string_view(*text));
    if (!type) return type.error();
    return CapabilityNeed{*type, {}};
  }
  if (!json.is_object()) {
    return Error(
        ErrorCode::validation_error,
        "cannot read needed capability: it must be a type like \"tool\" or an object with \"type\" and \"name\", "
        "but it is " +
            describe_found(&json));
  }
  const ObjectReader in(json.get_object(), "needed capability", ErrorCode::validation_error);
  auto type_text = in.required_string("type");
  if (!type_text) return type_text.error();
  auto type = parse_capability_type(*type_text);
  if (!type) return type.error();
  auto name = in.optional_string("name");
  if (!name) return name.error();
  return CapabilityNeed{*type, std::string(*name)};
}

boost::json::object to_json(const Negotiation& negotiation) {
  boost::json::object json;
  json.reserve(4);
  json["status"] = negotiation.full ? "full" : "degraded";
  json["supported"] = to_json(negotiation.supported);
  json["unsupported"] = to_json(negotiation.unsupported);
  json["warnings"] = to_json_array(negotiation.warnings);
  return json;
}

Result<Negotiation> negotiate(std::span<const Capability> offered, std::span<const CapabilityNeed> required,
                              std::span<const CapabilityNeed> optional) {
  Negotiation result;
  std::vector<CapabilityNeed> missing;
  for (const auto& need : required) add_once(is_met(need, offered) ? result.supported : missing, need);
  if (!missing.empty()) return missing_error(missing);
  for (const auto& need : optional) add_once(is_met(need, offered) ? result.supported : result.unsupported, need);
  result.full = result.unsupported.empty();
  for (const auto& need : result.unsupported) {
    result.warnings.push_back("the provider does not offer the optional capability " + describe(need));
  }
  return result;
}

}  // namespace asmgr
