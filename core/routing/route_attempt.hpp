// One target's start within a routed run: the channel that the target talks to.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/ports/provider.hpp"
#include "core/routing/routed_run.hpp"

namespace asmgr {

// Keeps itself until its target has finished with it, also when the run is over long before.
class RouteAttempt final : public RunChannel, public std::enable_shared_from_this<RouteAttempt> {
 public:
  // `channel` is where events go on to; it lives until `run` has finished, which is not before this attempt has.
  RouteAttempt(std::shared_ptr<RoutedRun> run, RunChannel& channel, std::size_t target, std::uint64_t start,
               std::shared_ptr<Provider> provider, const Clock& clock);

  // Starts the target with that context, whose channel this is. A target that refuses has failed.
  void begin(RunContext context);
  void cancel() noexcept { provider_->cancel(start_); }

  EmitAnswer emit(std::span<const EventView> events, EmitMode mode) noexcept override;
  void ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept override;
  void finish(FinishStatus status, std::string_view result_json) noexcept override;
  void misbehaved(std::string_view what) noexcept override;
  void next_target(NextTarget next, Go go) noexcept override;

  [[nodiscard]] std::size_t target() const noexcept { return target_; }
  [[nodiscard]] const std::shared_ptr<Provider>& provider() const noexcept { return provider_; }
  [[nodiscard]] std::uint64_t start() const noexcept { return start_; }
  // Something of it was shown to whoever follows the run.
  [[nodiscard]] bool shown() const noexcept { return shown_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool has_misbehaved() const noexcept { return misbehaved_.load(std::memory_order_relaxed); }
  // From the start to the first that was shown, else to now.
  [[nodiscard]] std::int64_t latency_ns() const noexcept;

 private:
  void look_for_output(std::span<const EventView> events) noexcept;
  void end(FinishStatus status, std::string_view result_json);

  std::shared_ptr<RoutedRun> run_;
  RunChannel& channel_;
  const std::size_t target_;
  const std::uint64_t start_;
  const std::shared_ptr<Provider> provider_;
  const Clock& clock_;
  RunContext context_;
  std::int64_t started_ns_ = 0;
  std::atomic<std::int64_t> first_ns_{0};
  std::atomic<bool> over_{false};
  std::atomic<bool> shown_{false};
  std::atomic<bool> misbehaved_{false};
  std::shared_ptr<RouteAttempt> self_;
};

}  // namespace asmgr
