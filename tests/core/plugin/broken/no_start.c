#include "parts.h"

static const void* interface_without_start(const char* id) {
  asmgr_provider* table = parts_provider();
  table->start = NULL;
  return strcmp(id, ASMGR_IFACE_PROVIDER) == 0 ? table : NULL;
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->get_interface = interface_without_start;
  return parts_plugin();
}
