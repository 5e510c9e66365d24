// `asmgr store ...`: what is done to stores as such. One function per file of these commands.
#pragma once

#include "host/cli/command.hpp"

namespace asmgr::cli {

void add_store_copy_command(CommandSet& commands, CLI::App& store);
void add_store_prune_command(CommandSet& commands, CLI::App& store);
void add_store_check_command(CommandSet& commands, CLI::App& store);
void add_store_stats_command(CommandSet& commands, CLI::App& store);
void add_store_migrate_command(CommandSet& commands, CLI::App& store);

}  // namespace asmgr::cli
