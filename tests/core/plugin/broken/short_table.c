#include "parts.h"

/* As if built before start and cancel were added. */
static const void* short_interface(const char* id) {
  asmgr_provider* table = parts_provider();
  table->size = (uint32_t)offsetof(asmgr_provider, start);
  return strcmp(id, ASMGR_IFACE_PROVIDER) == 0 ? table : NULL;
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->get_interface = short_interface;
  return parts_plugin();
}
