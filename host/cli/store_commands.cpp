// `asmgr store ...`: the group; each command has a file of its own.
#include "host/cli/store_commands.hpp"

namespace asmgr::cli {

void add_store_commands(CommandSet& commands) {
  CLI::App& store = commands.add_group("store", "Look after stores",
                                       "asmgr store copy --from local --to shared\nasmgr store prune --dry-run");
  add_store_migrate_command(commands, store);
  add_store_check_command(commands, store);
  add_store_prune_command(commands, store);
  add_store_stats_command(commands, store);
  add_store_copy_command(commands, store);
}

}  // namespace asmgr::cli
