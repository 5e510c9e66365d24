#include "core/plugin/agreement.hpp"

#include <algorithm>

#include "core/model/json.hpp"
#include "core/plugin/abi_text.hpp"
#include "core/plugin/search_path.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kMaxComponents = 1024;
// Enough of the descriptor to say which ABI it is of: every major has size and major in these places.
constexpr std::uint32_t kVersionedSize = offsetof(asmgr_plugin, min_host_minor) + sizeof(std::uint32_t);

Error mismatch(const PluginSubject& subject, std::string_view why, std::string_view what_to_do) {
  return load_error(ErrorCode::plugin_abi_mismatch, subject, why, what_to_do);
}

Error broken(const PluginSubject& subject, std::string_view why) {
  return load_error(ErrorCode::plugin_load_failed, subject, why, "tell the plugin's author");
}

std::optional<Error> check_versions(const PluginSubject& subject, const asmgr_plugin& plugin,
                                    std::uint32_t host_minor) {
  if (plugin.size < kVersionedSize) {
    return mismatch(
        subject,
        "its description is " + std::to_string(plugin.size) + " bytes, ABI 1.0 has " + std::to_string(kPluginSize10),
        "build it with the headers of asmgr's SDK, and set size to sizeof");
  }
  const std::string ours = std::to_string(ASMGR_ABI_MAJOR) + "." + std::to_string(host_minor);
  if (plugin.abi_major > ASMGR_ABI_MAJOR) {
    return mismatch(subject, "it was built for ABI " + std::to_string(plugin.abi_major) + ", this host has " + ours,
                    "upgrade asmgr, or build the plugin with an SDK of major " + std::to_string(ASMGR_ABI_MAJOR));
  }
  if (plugin.abi_major < ASMGR_ABI_MAJOR) {
    return mismatch(subject, "it was built for ABI " + std::to_string(plugin.abi_major) + ", this host has " + ours,
                    "build the plugin with a newer SDK");
  }
  if (plugin.min_host_minor > host_minor) {
    const std::string needed = std::to_string(ASMGR_ABI_MAJOR) + "." + std::to_string(plugin.min_host_minor);
    return mismatch(subject, "it needs host ABI " + needed + ", this host has " + ours,
                    "upgrade asmgr, or build the plugin with TARGET_MINOR " + std::to_string(host_minor));
  }
  if (plugin.size < kPluginSize10) {
    return mismatch(
        subject,
        "its description is " + std::to_string(plugin.size) + " bytes, ABI 1.0 has " + std::to_string(kPluginSize10),
        "build it with the headers of asmgr's SDK, and set size to sizeof");
  }
  return std::nullopt;
}

// Copies a text into `out`, or says what is wrong with it.
std::string take(asmgr_str text, std::string_view what, std::string& out) {
  std::string problem = problem_with_text(text, what);
  if (problem.empty()) out = view_of_text(text);
  return problem;
}

std::string missing_functions(const asmgr_component& component) {
  std::string missing;
  const auto note = [&missing](bool present, std::string_view name) {
    if (!present) missing.append(missing.empty() ? "" : ", ").append(name);
  };
  note(component.create != nullptr, "create");
  note(component.destroy != nullptr, "destroy");
  note(component.get_interface != nullptr, "get_interface");
  return missing;
}

Result<ComponentInfo> read_component(const PluginSubject& subject, const asmgr_component& component,
                                     std::uint32_t index, std::uint32_t stride) {
  const std::string which = "component " + std::to_string(index + 1);
  if (component.size < kComponentSize10 || component.size > stride) {
    return mismatch(subject,
                    which + " is " + std::to_string(component.size) + " bytes, ABI 1.0 has " +
                        std::to_string(kComponentSize10) + " and the array's stride is " + std::to_string(stride),
                    "build it with the headers of asmgr's SDK, and set size to sizeof");
  }
  ComponentInfo info;
  info.kind = static_cast<ComponentKind>(component.kind);
  info.abi = &component;
  for (const std::string& problem :
       {take(component.name, "name", info.name), take(component.summary, "summary", info.summary),
        problem_with_object(component.config_schema, "config_schema")}) {
    if (!problem.empty()) return broken(subject, which + ": " + problem);
  }
  info.config_schema = component.config_schema.len == 0 ? "{}" : std::string(view_of_text(component.config_schema));
  if (!is_plugin_name(info.name)) {
    return broken(subject, which + " is called '" + info.name + "'; a name must match [a-z][a-z0-9_-]*");
  }
  if (const std::string missing = missing_functions(component); !missing.empty()) {
    return broken(subject, "component '" + info.name + "' lacks " + missing);
  }
  return info;
}

Result<std::vector<ComponentInfo>> read_components(const PluginSubject& subject, const asmgr_array& components) {
  if (components.count == 0) return broken(subject, "it has no components");
  if (components.count > kMaxComponents) {
    return broken(subject, "it claims " + std::to_string(components.count) + " components");
  }
  if (components.stride < kComponentSize10) {
    return mismatch(subject,
                    "its components are " + std::to_string(components.stride) + " bytes apart, ABI 1.0 has " +
                        std::to_string(kComponentSize10),
                    "build it with the headers of asmgr's SDK, and set stride to sizeof");
  }
  if (const std::string problem = problem_with_array(&components, kComponentSize10); !problem.empty()) {
    return broken(subject, "components: " + problem);
  }
  std::vector<ComponentInfo> infos;
  for (std::uint32_t i = 0; i < components.count; ++i) {
    auto info = read_component(subject, *ASMGR_AT(const asmgr_component, &components, i), i, components.stride);
    if (!info) return info.error();
    const bool repeated = std::any_of(infos.begin(), infos.end(), [&](const ComponentInfo& other) {
      return other.kind == info->kind && other.name == info->name;
    });
    if (repeated) {
      return broken(subject, "it has two components of kind " + std::string(kind_name(info->kind)) + " called '" +
                                 info->name + "'");
    }
    infos.push_back(std::move(*info));
  }
  return infos;
}

}  // namespace

std::string_view kind_name(ComponentKind kind) noexcept {
  switch (kind) {
    case ComponentKind::store:
      return "store";
    case ComponentKind::provider:
      return "provider";
    case ComponentKind::policy:
      return "policy";
    case ComponentKind::artifacts:
      return "artifacts";
    case ComponentKind::sink:
      return "sink";
  }
  return "unknown";
}

Result<PluginDescription> agree(const PluginSubject& subject, const asmgr_plugin& plugin, std::uint32_t host_minor) {
  if (auto refused = check_versions(subject, plugin, host_minor)) return std::move(*refused);
  PluginDescription description;
  for (const std::string& problem :
       {take(plugin.id, "id", description.id), take(plugin.vendor, "vendor", description.vendor),
        take(plugin.version, "version", description.version), take(plugin.license, "license", description.license),
        take(plugin.url, "url", description.url), take(plugin.build_id, "build_id", description.build_id)}) {
    if (!problem.empty()) return broken(subject, problem);
  }
  description.abi_major = plugin.abi_major;
  description.abi_minor = plugin.abi_minor;
  description.min_host_minor = plugin.min_host_minor;
  auto components = read_components(subject, plugin.components);
  if (!components) return components.error();
  description.components = std::move(*components);
  return description;
}

}  // namespace asmgr
