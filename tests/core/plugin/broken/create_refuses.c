#include "parts.h"

static asmgr_status create(const asmgr_create* arguments, asmgr_instance** out, asmgr_error* error) {
  (void)out;
  parts_host = arguments->host;
  return parts_fail(error, ASMGR_E_CONFIG_INVALID, "model must not be empty");
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->create = create;
  return parts_plugin();
}
