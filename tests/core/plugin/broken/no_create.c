#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->create = NULL;
  parts_component(0)->destroy = NULL;
  return parts_plugin();
}
