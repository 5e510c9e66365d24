#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  plugin->abi_minor = 7;
  plugin->min_host_minor = 7;
  return plugin;
}
