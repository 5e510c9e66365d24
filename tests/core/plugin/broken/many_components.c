#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  plugin->components.count = 1000000;
  return plugin;
}
