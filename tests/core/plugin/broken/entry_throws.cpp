// Built as C++14: the entry itself throws.
#include <stdexcept>

#include "parts.h"

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  throw std::runtime_error("not today");
}
