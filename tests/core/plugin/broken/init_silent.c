#include "parts.h"

static asmgr_status init(const asmgr_host* host, asmgr_error* error) {
  (void)host;
  (void)error;
  return ASMGR_E_INTERNAL;
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  plugin->init = init;
  return plugin;
}
