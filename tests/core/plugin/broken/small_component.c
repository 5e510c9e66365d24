#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->size = 40;
  return parts_plugin();
}
