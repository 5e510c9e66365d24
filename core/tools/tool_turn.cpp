#include "core/tools/tool_turn.hpp"

#include "core/tools/tool_run.hpp"

namespace asmgr {

EmitAnswer ToolTurn::emit(std::span<const EventView> events, EmitMode mode) noexcept {
  if (finished_.load(std::memory_order_acquire)) return EmitAnswer::stop;
  for (const EventView& event : events) {
    if (event.type == EventType::token_usage_updated) said_usage_.store(true, std::memory_order_relaxed);
  }
  return run_->emit(events, mode);
}

void ToolTurn::ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept {
  if (!finished_.load(std::memory_order_acquire)) run_->ask(ticket, tool_call_json);
}

void ToolTurn::finish(FinishStatus status, std::string_view result_json) noexcept {
  if (finished_.exchange(true)) return;
  const std::shared_ptr<ToolTurn> self = std::move(self_);
  run_->turn_ended(context, status, result_json, said_usage_.load(std::memory_order_relaxed));
}

void ToolTurn::misbehaved(std::string_view what) noexcept {
  if (!finished_.load(std::memory_order_acquire)) run_->misbehaved(what);
}

void ToolTurn::next_target(NextTarget next, Go go) noexcept {
  if (!finished_.load(std::memory_order_acquire)) run_->next_target(std::move(next), std::move(go));
}

}  // namespace asmgr
