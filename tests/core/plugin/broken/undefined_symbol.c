#include "parts.h"

extern int asmgr_test_symbol_that_nobody_defines(void);

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  if (asmgr_test_symbol_that_nobody_defines()) return NULL;
  return parts_plugin();
}
