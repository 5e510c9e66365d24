// Built as C++14: start throws something that is no std::exception.
#include "parts.h"

static asmgr_status start(asmgr_instance*, const asmgr_run_ctx*, asmgr_error*) {
  throw 42;
}

static const void* throwing_interface(const char* id) {
  asmgr_provider* table = parts_provider();
  table->start = start;
  return strcmp(id, ASMGR_IFACE_PROVIDER) == 0 ? table : NULL;
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->get_interface = throwing_interface;
  return parts_plugin();
}
