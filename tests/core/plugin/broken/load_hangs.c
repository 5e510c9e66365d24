/* Never comes back from being loaded. */
#include <unistd.h>

#include "parts.h"

__attribute__((constructor)) static void on_load(void) {
  for (;;) pause();
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  return parts_plugin();
}
