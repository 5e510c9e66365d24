#include "core/plugin/plugin_call.hpp"

namespace asmgr {
namespace {

thread_local int plugin_calls = 0;

}  // namespace

PluginCall::PluginCall() noexcept {
  ++plugin_calls;
}

PluginCall::~PluginCall() {
  --plugin_calls;
}

bool PluginCall::is_inside() noexcept {
  return plugin_calls > 0;
}

}  // namespace asmgr
