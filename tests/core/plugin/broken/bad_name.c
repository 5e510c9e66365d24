#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  parts_component(0)->name = parts_text("Not A Name");
  return parts_plugin();
}
