/* Ends the process while it is being loaded. */
#include <stdlib.h>

#include "parts.h"

__attribute__((constructor)) static void on_load(void) {
  abort();
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  return parts_plugin();
}
