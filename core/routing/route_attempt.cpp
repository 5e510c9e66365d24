#include "core/routing/route_attempt.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

bool is_output(EventType type) noexcept {
  switch (type) {
    case EventType::message_streamed:
    case EventType::message_received:
    case EventType::reasoning_streamed:
    case EventType::tool_input_streamed:
    case EventType::tool_call_started:
    case EventType::tool_call_completed:
    case EventType::tool_call_failed:
      return true;
    default:
      return false;
  }
}

}  // namespace

RouteAttempt::RouteAttempt(std::shared_ptr<RoutedRun> run, RunChannel& channel, std::size_t target, std::uint64_t start,
                           std::shared_ptr<Provider> provider, const Clock& clock)
    : run_(std::move(run)),
      channel_(channel),
      target_(target),
      start_(start),
      provider_(std::move(provider)),
      clock_(clock) {}

void RouteAttempt::begin(RunContext context) {
  const std::shared_ptr<RouteAttempt> alive = self_ = shared_from_this();
  context_ = std::move(context);
  context_.channel = this;
  started_ns_ = clock_.monotonic_ns();
  const auto begun = provider_->start(context_);
  if (begun) return;
  // Nothing has begun, so no finish comes.
  boost::json::object result;
  result["error"] = begun.error().to_json();
  end(FinishStatus::failed, to_text(result));
}

EmitAnswer RouteAttempt::emit(std::span<const EventView> events, EmitMode mode) noexcept {
  if (over_.load(std::memory_order_acquire)) return EmitAnswer::stop;
  if (!shown_.load(std::memory_order_relaxed)) look_for_output(events);
  return channel_.emit(events, mode);
}

void RouteAttempt::look_for_output(std::span<const EventView> events) noexcept {
  for (const EventView& event : events) {
    if (!is_output(event.type)) continue;
    first_ns_.store(clock_.monotonic_ns(), std::memory_order_relaxed);
    return shown_.store(true, std::memory_order_relaxed);
  }
}

// A question is about a tool, and so output.
void RouteAttempt::ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept {
  if (over_.load(std::memory_order_acquire)) return;
  shown_.store(true, std::memory_order_relaxed);
  channel_.ask(ticket, tool_call_json);
}

void RouteAttempt::finish(FinishStatus status, std::string_view result_json) noexcept {
  end(status, result_json);
}

void RouteAttempt::end(FinishStatus status, std::string_view result_json) {
  if (over_.exchange(true, std::memory_order_acq_rel)) return;
  const std::shared_ptr<RouteAttempt> alive = std::move(self_);
  const std::shared_ptr<RoutedRun> run = std::move(run_);
  run->attempt_finished(*this, status, result_json);
}

void RouteAttempt::misbehaved(std::string_view what) noexcept {
  if (over_.load(std::memory_order_acquire)) return;
  misbehaved_.store(true, std::memory_order_relaxed);
  channel_.misbehaved(what);
}

// The target is a router itself. Who follows the run knows the candidates of the outer one.
void RouteAttempt::next_target(NextTarget next, Go go) noexcept {
  if (over_.load(std::memory_order_acquire)) return;
  next.candidates = run_->candidates();
  channel_.next_target(std::move(next), std::move(go));
}

std::int64_t RouteAttempt::latency_ns() const noexcept {
  const std::int64_t first = first_ns_.load(std::memory_order_relaxed);
  return (first != 0 ? first : clock_.monotonic_ns()) - started_ns_;
}

}  // namespace asmgr
