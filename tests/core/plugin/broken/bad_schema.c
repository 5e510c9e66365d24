#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->config_schema = parts_text("{\"type\":");
  return parts_plugin();
}
