#include "core/telemetry/sink_call.hpp"

#include <algorithm>
#include <condition_variable>
#include <optional>
#include <string>

namespace asmgr {
namespace {

constexpr std::chrono::milliseconds kGraceAfterCancel{1000};

}  // namespace

// What one call needs, kept by the thread that makes it: it may come back when everybody else has gone.
struct SinkCalls::Call {
  std::shared_ptr<EventSink> sink;
  std::vector<Event> events;
  CancelToken token;
  std::mutex mutex;
  std::condition_variable back;
  std::optional<Result<void>> result;

  void make() {
    std::vector<EventView> views;
    views.reserve(events.size());
    for (const Event& event : events) views.push_back(view_of(event));
    Result<void> published = sink->publish(views, {}, token);
    const std::lock_guard lock(mutex);
    result.emplace(std::move(published));
    back.notify_all();
  }
};

SinkCalls::SinkCalls(std::shared_ptr<EventSink> sink, std::chrono::milliseconds limit, EngineLog log,
                     Observer* observer)
    : sink_(std::move(sink)), limit_(limit), log_(std::move(log)), observer_(observer) {}

void SinkCalls::cancel() noexcept {
  cancelled_ = true;
  const std::lock_guard lock(mutex_);
  if (current_ == nullptr) return;
  current_->token.cancel();
  const std::lock_guard waiting(current_->mutex);  // whoever waits has not looked yet, or hears it
  current_->back.notify_all();
}

Result<void> SinkCalls::publish(std::vector<Event> events) {
  auto call = std::make_shared<Call>();
  call->sink = sink_;
  call->events = std::move(events);
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) return Error(ErrorCode::cancelled, "the feed ends");
    current_ = call;
  }
  const auto began = std::chrono::steady_clock::now();
  threads_.run([call] { call->make(); });
  Result<void> published = wait_for(*call);
  {
    const std::lock_guard lock(mutex_);
    current_ = nullptr;
  }
  if (observer_ != nullptr) {
    PluginCalls calls;
    calls.plugin = sink_name();
    calls.function = "publish";
    calls.add(std::chrono::steady_clock::now() - began);
    observer_->plugin_called(calls);
  }
  return published;
}

Result<void> SinkCalls::wait_for(Call& call) {
  std::unique_lock lock(call.mutex);
  const auto done = [&] { return call.result.has_value() || cancelled_; };
  if (!call.back.wait_for(lock, limit_, done)) {
    log_({.level = ASMGR_LOG_WARN,
          .message = "sink '" + std::string(sink_name()) + "' has not returned from publish within " +
                     std::to_string(limit_.count()) + " ms; it was cancelled, and nothing else waits for it",
          .plugin = sink_name()});
    if (observer_ != nullptr) observer_->happened(Incident::plugin_hung, sink_name());
    call.token.cancel();
    call.back.wait(lock, done);
  }
  if (!call.result) call.back.wait_for(lock, kGraceAfterCancel, [&] { return call.result.has_value(); });
  if (!call.result) return Error(ErrorCode::cancelled, "sink '" + std::string(sink_name()) + "' did not return");
  return *call.result;
}

}  // namespace asmgr
