#include "parts.h"

static const void* no_interface(const char* id) {
  (void)id;
  return NULL;
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->get_interface = no_interface;
  return parts_plugin();
}
