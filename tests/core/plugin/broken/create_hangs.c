#include "parts.h"

/* Hangs until the process ends. */
static asmgr_status create(const asmgr_create* arguments, asmgr_instance** out, asmgr_error* error) {
  (void)out;
  (void)error;
  for (;;) arguments->host->wait(arguments->host->ctx, NULL, INT64_C(3600000000000));
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->create = create;
  return parts_plugin();
}
