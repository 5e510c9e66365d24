#include "parts.h"

static asmgr_status create(const asmgr_create* arguments, asmgr_instance** out, asmgr_error* error) {
  (void)arguments;
  (void)out;
  (void)error;
  return ASMGR_OK;
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->create = create;
  return parts_plugin();
}
