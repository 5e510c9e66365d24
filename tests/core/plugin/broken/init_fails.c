#include "parts.h"

static asmgr_status init(const asmgr_host* host, asmgr_error* error) {
  parts_host = host;
  return parts_fail(error, ASMGR_E_DEPENDENCY_NOT_AVAILABLE, "the licence server is not there");
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  plugin->init = init;
  return plugin;
}
