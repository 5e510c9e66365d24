#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  plugin->vendor = parts_text("\xff\xfe");
  return plugin;
}
