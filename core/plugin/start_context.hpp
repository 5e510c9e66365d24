// One start of a provider: what the plugin holds on to, and the gate between it and the engine.
#pragma once

#include <asmgr/abi/provider.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/plugin/call.hpp"
#include "core/ports/provider.hpp"

namespace asmgr {

// Keeps asmgr_run_ctx and all it points to alive, and keeps order where a plugin does not: whatever the plugin calls,
// from whatever thread, the engine's channel sees emits one at a time, one finish, and nothing after it.
//
// A finish that comes while start has not returned, or while another call is inside the channel, is delivered when that
// is over. What comes after the finish is counted and dropped, and the object itself outlives its finish for a while
// (see PluginProvider), because plugins that finish twice read the context to do it.
class StartContext {
 public:
  // Copies every text; `context.channel` and `context.cancel` are borrowed until finish has been delivered.
  StartContext(const RunContext& context, std::string instance_name);
  ~StartContext();
  StartContext(const StartContext&) = delete;
  StartContext& operator=(const StartContext&) = delete;

  [[nodiscard]] const asmgr_run_ctx* abi() const noexcept { return &abi_; }
  [[nodiscard]] std::uint64_t start() const noexcept { return abi_.start; }

  // The plugin's start has returned OK: a finish that came meanwhile is delivered now.
  void started();
  // The plugin's start has failed: nothing more reaches the channel. True when it had finished, which is a lie.
  [[nodiscard]] bool refused();
  // The plugin has been destroyed, or is to be ignored: nothing more reaches the channel.
  void close();

  // Nothing of the host's is inside any more: the object may go.
  [[nodiscard]] bool over() const;
  // Calls dropped because they came after the finish.
  [[nodiscard]] std::uint64_t late_calls() const;

 private:
  struct Texts;
  struct Finish {
    FinishStatus status = FinishStatus::failed;
    std::string result_json;
  };
  enum class Phase : std::uint8_t { starting, running, finished };

  static std::uint32_t emit_entry(void* ctx, const asmgr_array* events, std::uint32_t flags) noexcept;
  static void ask_entry(void* ctx, std::uint64_t ticket, asmgr_str tool_call_json) noexcept;
  static void finish_entry(void* ctx, std::uint32_t status, asmgr_str result_json) noexcept;

  std::uint32_t emit(const asmgr_array* events, std::uint32_t flags);
  void ask(std::uint64_t ticket, asmgr_str tool_call_json);
  void finish(std::uint32_t status, asmgr_str result_json);

  [[nodiscard]] bool enter();
  void leave();
  void deliver(Finish finish);
  void report(std::string_view function, std::string_view what);
  [[nodiscard]] std::string read_events(const asmgr_array* events);

  std::string instance_name_;
  RunChannel* channel_;
  std::unique_ptr<Texts> texts_;
  asmgr_run_ctx abi_{};
  std::vector<EventView> views_;  // of the emit that is inside

  mutable std::mutex mutex_;
  Phase phase_ = Phase::starting;
  bool emitting_ = false;
  int inside_ = 0;                 // calls that are in the channel
  std::optional<Finish> pending_;  // came while something was inside
  bool over_ = false;
  std::uint64_t late_calls_ = 0;
};

}  // namespace asmgr
