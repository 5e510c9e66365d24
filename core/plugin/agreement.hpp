// Whether host and plugin understand each other: the checks between loading a file and calling anything in it.
#pragma once

#include <asmgr/abi/plugin.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"
#include "core/plugin/load_error.hpp"

namespace asmgr {

enum class ComponentKind : std::uint32_t { store = 1, provider, policy, artifacts, sink };
[[nodiscard]] std::string_view kind_name(ComponentKind kind) noexcept;  // "unknown" for a newer host's kinds

struct ComponentInfo {
  ComponentKind kind = ComponentKind::store;
  std::string name;
  std::string summary;
  std::string config_schema;  // a JSON object as text, "{}" when the plugin gives none
  const asmgr_component* abi = nullptr;
};

// A description as the plugin gave it, checked and copied.
struct PluginDescription {
  std::string id;
  std::string vendor;
  std::string version;
  std::string license;
  std::string url;
  std::string build_id;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::uint32_t min_host_minor = 0;
  std::vector<ComponentInfo> components;  // also those of kinds this host does not know
};

// The sizes the structs had in 1.0: what is smaller was never an asmgr plugin.
inline constexpr std::uint32_t kPluginSize10 = offsetof(asmgr_plugin, deinit) + sizeof(void*);
inline constexpr std::uint32_t kComponentSize10 = offsetof(asmgr_component, get_interface) + sizeof(void*);

// `host_minor` is a parameter so that a test can be an older host. Errors: plugin_abi_mismatch (versions, sizes),
// plugin_load_failed (components, texts).
[[nodiscard]] Result<PluginDescription> agree(const PluginSubject& subject, const asmgr_plugin& plugin,
                                              std::uint32_t host_minor = ASMGR_ABI_MINOR);

}  // namespace asmgr
