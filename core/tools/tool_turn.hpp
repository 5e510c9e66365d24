// One model call of a ToolRun: what its provider is started with, and where it speaks to.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/ports/provider.hpp"

namespace asmgr {

class ToolRun;

// Lives from before Provider.start until finish has returned, on its own account; one whose provider never finishes
// stays for good, since that provider may still look at its context.
class ToolTurn final : public RunChannel, public std::enable_shared_from_this<ToolTurn> {
 public:
  explicit ToolTurn(std::shared_ptr<ToolRun> run) : run_(std::move(run)) {}

  RunContext context;  // filled before begin()

  void begin() { self_ = shared_from_this(); }
  void not_started() { self_.reset(); }

  EmitAnswer emit(std::span<const EventView> events, EmitMode mode) noexcept override;
  void ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept override;
  void finish(FinishStatus status, std::string_view result_json) noexcept override;
  void misbehaved(std::string_view what) noexcept override;
  void next_target(NextTarget next, Go go) noexcept override;

 private:
  std::shared_ptr<ToolRun> run_;
  std::shared_ptr<ToolTurn> self_;
  std::atomic<bool> finished_{false};
  std::atomic<bool> said_usage_{false};
};

}  // namespace asmgr
