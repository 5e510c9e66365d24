// Which configuration a command uses when it is not told, and what stands in when there is none.
#pragma once

#include <string>

#include "core/config/environment.hpp"
#include "core/model/error.hpp"

namespace asmgr {

struct FoundConfig {
  std::string path;          // empty: the built-in deployment (ready_here.hpp)
  std::string state_folder;  // then the folder its store is in; it may have to be made
};

// `given` (the --config of the command line), else $ASMGR_CONFIG, ./asmgr.yaml, $XDG_CONFIG_HOME/asmgr/asmgr.yaml
// (~/.config without the variable), /etc/asmgr/asmgr.yaml; else the built-in deployment, with $XDG_STATE_HOME/asmgr/
// (~/.local/state). Errors: config_invalid when a file that was named does not exist, or when there is nowhere to keep
// the built-in store.
[[nodiscard]] Result<FoundConfig> find_config(const std::string& given, const EnvironmentLookup& environment,
                                              const std::string& working_directory);

}  // namespace asmgr
