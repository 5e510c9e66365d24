// Where this deployment's plugins are looked for, also when the rest of its configuration is wrong.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <vector>

#include "core/plugin/inspection.hpp"
#include "host/cli/command.hpp"

namespace asmgr::cli {

struct PluginPlaces {
  PluginSearchPath path;
  TrustRules trust;
};
// Errors: config_invalid, when no configuration can be found or it is no YAML.
[[nodiscard]] Result<PluginPlaces> find_plugin_places(const Invocation& invocation);

// Plugin files are described by a child that is this program again, so that a file that crashes takes nothing along.
[[nodiscard]] Inspector plugin_inspector(const TrustRules& trust);

// The hidden command that the child is called with.
inline constexpr std::string_view kInspectCommand = "__inspect-plugin";

}  // namespace asmgr::cli
