#include "parts.h"

static asmgr_status describe(asmgr_instance* instance, const asmgr_sink* sink, asmgr_error* error) {
  (void)instance;
  (void)error;
  return parts_push(sink, "{\"vendor\": oops}");
}

static const void* spoiled_interface(const char* id) {
  asmgr_provider* table = parts_provider();
  table->describe = describe;
  return strcmp(id, ASMGR_IFACE_PROVIDER) == 0 ? table : NULL;
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->get_interface = spoiled_interface;
  return parts_plugin();
}
