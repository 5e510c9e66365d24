// The engine's end of one provider start: what the provider emits goes through here into the session's serialiser,
// bounded.
//
// emit and finish come on the provider's threads; everything else happens inside the serialiser unless it says
// otherwise.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "core/engine/unit_writer.hpp"
#include "core/pipeline/event_batch.hpp"
#include "core/ports/provider.hpp"

namespace asmgr {

class SessionRuntime;
class RunExecution;

class RunLink final : public RunChannel, public EventCredit, public std::enable_shared_from_this<RunLink> {
 public:
  // Events of one run that may be on their way into the store; then emit answers PAUSE, at twice as many STOP.
  static constexpr std::size_t kLimit = 1024;

  RunLink(std::shared_ptr<SessionRuntime> session, std::shared_ptr<RunExecution> run,
          std::shared_ptr<Provider> provider);
  ~RunLink() override;

  // The context to start with; lives as long as the link, and the link until finish has returned. Filled by the run
  // before begin().
  RunContext context;
  Session session_copy;
  Run run_copy;
  CancelToken token;

  // Must be called before Provider.start; undone by not_started when that fails.
  void begin();
  void not_started();

  // -- RunChannel (the provider's threads) --
  EmitAnswer emit(std::span<const EventView> events, EmitMode mode) noexcept override;
  void ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept override;
  void finish(FinishStatus status, std::string_view result_json) noexcept override;
  void misbehaved(std::string_view what) noexcept override;
  void next_target(NextTarget next, Go go) noexcept override;

  // -- EventCredit (the serialiser) --
  void returned(std::size_t events) noexcept override;

  // From now on emit answers STOP and what comes is counted and dropped. From any thread.
  void cut_off() noexcept;
  [[nodiscard]] bool is_cut_off() const noexcept { return cut_off_.load(std::memory_order_acquire); }
  [[nodiscard]] bool paused() const noexcept { return paused_.load(std::memory_order_acquire); }
  // Once cut off: returns when no thread is inside a function of the link, so that what lies behind it may go. A link
  // itself stays until its provider has finished with it.
  void await_outside() const noexcept;
  // Breaks the circle of references once the run is over (inside the serialiser).
  void detach();

 private:
  EmitAnswer emit_checked(std::span<const EventView> events, EmitMode mode);
  void wait_for_room();
  template <typename F>
  void to_session(F&& task, bool here);

  std::shared_ptr<SessionRuntime> session_;
  std::shared_ptr<RunExecution> run_;  // only used inside the serialiser
  std::shared_ptr<Provider> provider_;
  EngineContext& engine_;  // not touched once cut off
  std::shared_ptr<EngineCounters> counters_;
  std::atomic<int> inside_{0};
  std::shared_ptr<RunLink> self_;  // from begin() until finish has returned
  std::atomic<bool> cut_off_{false};
  std::atomic<bool> finished_{false};
  std::atomic<bool> paused_{false};
  std::atomic<bool> may_block_{false};
  std::atomic<std::size_t> outstanding_{0};
  std::mutex room_mutex_;
  std::condition_variable room_;
};

}  // namespace asmgr
