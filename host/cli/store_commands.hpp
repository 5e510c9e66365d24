// `asmgr store ...`: what is done to stores as such. One function per file of these commands.
#pragma once

#include "host/cli/command.hpp"

namespace asmgr::cli {}  // namespace asmgr::cli
