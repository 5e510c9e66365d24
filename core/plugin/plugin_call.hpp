// Whether this thread is inside a call that a plugin made to the host.
#pragma once

namespace asmgr {

// Around each function that a provider calls.
class PluginCall {
 public:
  PluginCall() noexcept;
  ~PluginCall();
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;

  // True: this may be a thread of the plugin's own, which its instance joins when it ends.
  [[nodiscard]] static bool is_inside() noexcept;
};

}  // namespace asmgr
