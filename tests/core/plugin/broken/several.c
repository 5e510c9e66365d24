#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  parts_component(1)->name = parts_text("other");
  parts_component(2)->name = parts_text("rule");
  parts_component(2)->kind = ASMGR_KIND_POLICY;
  plugin->components.count = 3;
  return plugin;
}
