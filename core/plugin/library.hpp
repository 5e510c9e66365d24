// Brings a plugin file into the process and finds its entry; nothing is ever unloaded.
#pragma once

#include <asmgr/abi/plugin.h>

#include <string>
#include <string_view>

#include "core/model/error.hpp"
#include "core/plugin/load_error.hpp"
#include "core/plugin/trust.hpp"

namespace asmgr {

// How the loader gets at the bytes.
enum class LoadFrom : std::uint8_t { path, sealed_memory };

// Checks the file as far as that goes without running it, loads it and asks its entry. The description lives for ever.
// Errors: plugin_load_failed; for what the loader refuses, with the loader's own words.
[[nodiscard]] Result<const asmgr_plugin*> load_library(const PluginSubject& subject, const TrustedFile& file,
                                                       LoadFrom from);

// The loader's reason without what Boost.DLL and the loader wrap around it: "undefined symbol: x".
[[nodiscard]] std::string loader_reason(std::string_view wrapped, std::string_view loaded_path);

}  // namespace asmgr
