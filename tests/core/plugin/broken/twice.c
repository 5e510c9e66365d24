#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  parts_component(1);
  plugin->components.count = 2;
  return plugin;
}
