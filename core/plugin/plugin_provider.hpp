// A provider plugin behind the provider port.
#pragma once

#include <asmgr/abi/provider.h>

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/plugin/instance.hpp"
#include "core/plugin/start_context.hpp"
#include "core/ports/provider.hpp"

namespace asmgr {

// Thread-safe as the port is. Ending it ends the plugin's instance first; starts that never finished keep their
// contexts for ever when the plugin could not be ended.
class PluginProvider final : public Provider {
 public:
  // How many finished starts are remembered, so that a plugin that calls once more hits a closed door and no freed
  // memory.
  static constexpr std::size_t kRemembered = 1024;

  // Errors: plugin_load_failed (a table or function is missing, a description cannot be read).
  [[nodiscard]] static Result<std::unique_ptr<Provider>> make(Instance instance);
  ~PluginProvider() override;

  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> start(const RunContext& context) override;
  void cancel(std::uint64_t start) noexcept override;
  void resume(std::uint64_t start) noexcept override;
  [[nodiscard]] Result<void> resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict,
                                     std::string_view note, std::string_view edited_input_json) override;
  [[nodiscard]] Result<void> steer(std::uint64_t start, std::string_view message_json) override;
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t start) override;

 private:
  struct Tables {
    const asmgr_provider* provider = nullptr;
    const asmgr_provider_flow* flow = nullptr;
    const asmgr_provider_steer* steer = nullptr;
    const asmgr_provider_resume* resume = nullptr;
    const asmgr_provider_approval* approval = nullptr;
  };
  PluginProvider(Instance instance, Tables tables, ProviderInfo info);
  void forget_finished();
  void warn_of_late_calls(const StartContext& start) const;

  // Before `starts_`: the contexts must be there until the plugin has been destroyed.
  std::unique_ptr<Instance> instance_;
  Tables tables_;
  ProviderInfo info_;
  std::mutex mutex_;
  std::deque<std::unique_ptr<StartContext>> starts_;  // oldest first; live ones and the last finished ones
};

}  // namespace asmgr
