#include "playback.hpp"

#include <pthread.h>
#include <signal.h>
#include <asmgr/toolkit/json_view.hpp>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace asmgr::replay {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

// cancel() wakes every wait; this covers a host that cancels the token and then takes its time to call it.
constexpr std::chrono::milliseconds kTokenLook{50};

std::string tool_call_id_of(std::string_view data) {
  const json::value value = json::parse(sdk::as_json(data));
  const json::value* id = value.as_object().if_contains("tool_call_id");
  return id != nullptr && id->is_string() ? std::string(id->get_string()) : std::string();
}

}  // namespace

Playback::Playback(Play play, sdk::Run& run)
    : play_(std::move(play)), run_(std::move(run)), start_(run_.context().start()), token_(run_.context().cancel()) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the host's signals are the host's
  try {
    thread_ = std::thread([this] {
      this->play();
      const std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
    });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    run = std::move(run_);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Playback::~Playback() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Playback::done() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return done_;
}

void Playback::cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

void Playback::resolve(std::uint64_t ticket, sdk::Verdict verdict) {
  const std::lock_guard<std::mutex> lock(mutex_);
  verdicts_.try_emplace(ticket, std::move(verdict));
  changed_.notify_all();
}

void Playback::play() {
  std::uint64_t number = 0;
  for (const RecordedEvent& event : play_.recorded->events) {
    if (play_faults(++number) == Next::kOver) return;
    if (!wait_until(event.at)) return finish_cancelled();
    if (play_event(event) == Next::kOver) return;
  }
  if (play_faults(++number) == Next::kOver) return;
  if (!wait_until(play_.recorded->finish_at)) return finish_cancelled();
  while (!denied_.empty()) {  // calls whose result was never recorded
    if (emit_denied_result(denied_.begin()->first) == Next::kOver) return;
  }
  run_.finish(play_.recorded->finish_status, play_.recorded->finish_result);
}

Playback::Next Playback::play_event(const RecordedEvent& event) {
  if (!play_.asks) return emit(event, event.data);
  if (event.type == ASMGR_EV_TOOL_CALL_STARTED) return play_tool_call(event);
  if (event.type == ASMGR_EV_TOOL_CALL_COMPLETED || event.type == ASMGR_EV_TOOL_CALL_FAILED) {
    const std::string id = tool_call_id_of(event.data);
    if (denied_.count(id) != 0) return emit_denied_result(id);
  }
  return emit(event, event.data);
}

Playback::Next Playback::play_tool_call(const RecordedEvent& event) {
  json::object call = json::parse(event.data).as_object();
  const std::uint64_t ticket = next_ticket_++;
  run_.ask(ticket, event.data);
  sdk::Verdict verdict;
  if (!wait_for_verdict(ticket, verdict)) {
    finish_cancelled();
    return Next::kOver;
  }
  if (!verdict.edited_input_json.empty()) {
    boost::system::error_code error;
    json::value edited = json::parse(verdict.edited_input_json, error);
    if (!error) call["tool_input"] = std::move(edited);
  }
  if (!verdict.allowed) {
    json::object result = call;
    result["is_error"] = true;
    result["tool_output"] = json::object{{"error", verdict.note.empty() ? "the call was denied" : verdict.note}};
    denied_[std::string(call.at("tool_call_id").as_string())] = json::serialize(result);
  }
  return emit(event, json::serialize(call));
}

Playback::Next Playback::emit_denied_result(const std::string& tool_call_id) {
  const std::string data = std::move(denied_.at(tool_call_id));
  denied_.erase(tool_call_id);
  return emit(sdk::event(ASMGR_EV_TOOL_CALL_FAILED, data));
}

Playback::Next Playback::emit(const RecordedEvent& event, std::string_view data) {
  asmgr_event made = event.type != 0 ? sdk::event(event.type, data) : sdk::event(event.type_name, data);
  made.metadata = sdk::to_abi(event.metadata);
  return emit(made);
}

Playback::Next Playback::emit(const asmgr_event& event) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool over = must_end();
  lock.unlock();
  if (!over && run_.emit(event, ASMGR_EMIT_MAY_BLOCK) != ASMGR_STOP) return Next::kGoOn;
  finish_cancelled();
  return Next::kOver;
}

Playback::Next Playback::play_faults(std::uint64_t before) {
  for (const Fault& fault : play_.faults) {
    if (fault.at == before && play_fault(fault) == Next::kOver) return Next::kOver;
  }
  return Next::kGoOn;
}

Playback::Next Playback::play_fault(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::kDisconnect:
      finish_failed("provider_unavailable", "the connection was lost (a fault of the replay's configuration)");
      return Next::kOver;
    case Fault::Kind::kHang:
      hang();
      return Next::kOver;
    case Fault::Kind::kError:
      finish_failed(fault.code, "the provider failed (a fault of the replay's configuration)");
      return Next::kOver;
    case Fault::Kind::kDuplicateFinish:
      finish_twice();
      return Next::kOver;
    case Fault::Kind::kGarbage:
      return emit_garbage();
  }
  return Next::kGoOn;
}

Playback::Next Playback::emit_garbage() {
  if (emit(sdk::event(ASMGR_EV_MESSAGE_STREAMED, "{\"delta\": \"unfinished")) == Next::kOver) return Next::kOver;
  return emit(sdk::event("\xC3garbage\x01", "{}"));
}

// Deaf to cancel on purpose: what the host does about a provider that never comes back is to be seen. Only the end of
// the instance ends it.
void Playback::hang() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return closing_; });
  }
  finish_cancelled();
}

// The handle finishes once at most, so this goes around it. What the first call ends may be gone before the second, so
// both work on a copy of the context.
void Playback::finish_twice() {
  const asmgr_run_ctx context = run_.context().raw();
  run_.release();
  const asmgr_str result = sdk::to_abi(play_.recorded->finish_result);
  context.finish(context.ctx, play_.recorded->finish_status, result);
  context.finish(context.ctx, play_.recorded->finish_status, result);
}

void Playback::finish_cancelled() {
  run_.finish(ASMGR_FINISH_CANCELLED, "{}");
}

void Playback::finish_failed(std::string_view code, std::string_view message) {
  const json::object error{
      {"code", sdk::as_json(code)}, {"message", sdk::as_json(message)}, {"details", json::object()}};
  run_.finish(ASMGR_FINISH_FAILED, json::serialize(json::object{{"error", error}}));
}

bool Playback::must_end() const {
  return cancelled_ || closing_ || token_.cancelled();
}

// False when the run is to end first.
bool Playback::wait_until(std::chrono::nanoseconds at) {
  auto when = begun_;
  if (play_.speed > 0) {
    const double scaled = std::min(static_cast<double>(at.count()) / play_.speed, 1e18);
    when += std::chrono::nanoseconds(static_cast<std::int64_t>(scaled));
  }
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (must_end()) return false;
    const auto now = Clock::now();
    if (now >= when) return true;
    changed_.wait_until(lock, std::min(when, now + kTokenLook));
  }
}

// False when the run is to end first.
bool Playback::wait_for_verdict(std::uint64_t ticket, sdk::Verdict& verdict) {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    const auto found = verdicts_.find(ticket);
    if (found != verdicts_.end()) {
      verdict = std::move(found->second);
      return true;
    }
    if (must_end()) return false;
    changed_.wait_for(lock, kTokenLook);
  }
}

}  // namespace asmgr::replay
