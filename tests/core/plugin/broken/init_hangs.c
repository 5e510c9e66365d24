#include "parts.h"

/* Hangs until the process ends. */
static asmgr_status init(const asmgr_host* host, asmgr_error* error) {
  (void)error;
  for (;;) host->wait(host->ctx, NULL, INT64_C(3600000000000));
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  plugin->init = init;
  return plugin;
}
