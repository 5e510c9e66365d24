/* Exports something, but not the entry. */
#include <asmgr/plugin.h>

ASMGR_EXPORT int asmgr_plugin_entry_v0(void) {
  return 0;
}
