#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  return parts_plugin();
}
