// Built as C++14, where the table's function types are not noexcept, so that an exception can leave init.
#include <stdexcept>

#include "parts.h"

static asmgr_status init(const asmgr_host*, asmgr_error*) {
  throw std::runtime_error("no licence");
}

const asmgr_plugin* asmgr_plugin_entry_v1(void) {
  asmgr_plugin* plugin = parts_plugin();
  plugin->init = init;
  return plugin;
}
