#include "core/plugin/start_context.hpp"

#include "core/plugin/abi_convert.hpp"
#include "core/plugin/abi_element.hpp"
#include "core/plugin/abi_text.hpp"
#include "core/plugin/host_services.hpp"
#include "core/plugin/plugin_call.hpp"

namespace asmgr {
namespace {

// More in one call than any provider has reason to hand over: a count that lies.
constexpr std::uint32_t kMaxEventsPerEmit = 65'536;

}  // namespace

// Everything the context points to.
struct StartContext::Texts {
  explicit Texts(const RunContext& context)
      : session(*context.session),
        run(*context.run),
        session_text(session_doc(session)),
        run_text(run_doc(run)),
        options(context.options),
        transcript(context.transcript),
        tools(context.tools),
        resume_token(context.resume_token) {
    to_abi(session, session_text, abi_session);
    to_abi(run, run_text, abi_run);
  }
  Session session;
  Run run;
  std::string session_text;
  std::string run_text;
  std::string options;
  std::string transcript;
  std::string tools;
  std::string resume_token;
  asmgr_session abi_session{};
  asmgr_run abi_run{};
};

StartContext::StartContext(const RunContext& context, std::string instance_name)
    : instance_name_(std::move(instance_name)), channel_(context.channel), texts_(std::make_unique<Texts>(context)) {
  abi_.size = sizeof(asmgr_run_ctx);
  abi_.turn = context.turn;
  abi_.start = context.start;
  abi_.session = &texts_->abi_session;
  abi_.run = &texts_->abi_run;
  abi_.options = text_of(texts_->options);
  abi_.transcript = text_of(texts_->transcript);
  abi_.tools = text_of(texts_->tools);
  abi_.resume_token = text_of(texts_->resume_token);
  abi_.cancel = cancel_handle(context.cancel);
  abi_.deadline_mono_ns = context.deadline_mono_ns;
  abi_.ctx = this;
  abi_.emit = &StartContext::emit_entry;
  abi_.ask = &StartContext::ask_entry;
  abi_.finish = &StartContext::finish_entry;
}

StartContext::~StartContext() = default;

std::uint32_t StartContext::emit_entry(void* ctx, const asmgr_array* events, std::uint32_t flags) noexcept {
  const PluginCall inside;
  return static_cast<StartContext*>(ctx)->emit(events, flags);
}
void StartContext::ask_entry(void* ctx, std::uint64_t ticket, asmgr_str tool_call_json) noexcept {
  const PluginCall inside;
  static_cast<StartContext*>(ctx)->ask(ticket, tool_call_json);
}
void StartContext::finish_entry(void* ctx, std::uint32_t status, asmgr_str result_json) noexcept {
  const PluginCall inside;
  static_cast<StartContext*>(ctx)->finish(status, result_json);
}

bool StartContext::enter() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::finished || pending_) {
    ++late_calls_;
    return false;
  }
  ++inside_;
  return true;
}

void StartContext::leave() {
  std::unique_lock lock(mutex_);
  --inside_;
  if (inside_ != 0 || phase_ != Phase::running || !pending_) return;
  Finish finish = std::move(*pending_);
  pending_.reset();
  phase_ = Phase::finished;
  lock.unlock();
  deliver(std::move(finish));
}

void StartContext::deliver(Finish finish) {
  // The context's texts may be large and the object stays for a while: they go first, as the contract allows.
  RunChannel* const channel = channel_;
  channel->finish(finish.status, finish.result_json);
  abi_.session = nullptr;
  abi_.run = nullptr;
  abi_.options = abi_.transcript = abi_.tools = abi_.resume_token = asmgr_str{};
  abi_.cancel = nullptr;
  texts_.reset();
  views_ = {};
  const std::lock_guard lock(mutex_);
  over_ = true;
}

void StartContext::report(std::string_view function, std::string_view what) {
  channel_->misbehaved(misbehaviour({instance_name_, function}, what).message());
}

std::string StartContext::read_events(const asmgr_array* events) {
  if (std::string problem = problem_with_array(events, kSize10<asmgr_event>); !problem.empty()) return problem;
  if (events->count > kMaxEventsPerEmit) {
    return "it handed over " + std::to_string(events->count) + " events at once; at most " +
           std::to_string(kMaxEventsPerEmit) + " are taken";
  }
  views_.clear();
  for (std::uint32_t i = 0; i < events->count; ++i) {
    asmgr_event event{};
    if (std::string problem = read_element(*events, i, event); !problem.empty()) return problem;
    if (std::string problem = from_emitted(event, views_.emplace_back()); !problem.empty()) {
      return "event " + std::to_string(i) + ": " + problem;
    }
  }
  return {};
}

std::uint32_t StartContext::emit(const asmgr_array* events, std::uint32_t flags) {
  if (!enter()) return ASMGR_STOP;
  bool alone = false;
  {
    const std::lock_guard lock(mutex_);
    alone = !emitting_;
    emitting_ = true;
  }
  auto answer = static_cast<std::uint32_t>(ASMGR_STOP);
  if (!alone) {
    report("emit", "it emitted on two threads at once");
    leave();
    return answer;
  }
  const std::string problem = read_events(events);
  if (!problem.empty()) {
    report("emit", problem);
  } else if (views_.empty()) {
    answer = ASMGR_GO_ON;
  } else {
    const EmitMode mode = (flags & ASMGR_EMIT_MAY_BLOCK) != 0 ? EmitMode::may_block : EmitMode::asynchronous;
    answer = static_cast<std::uint32_t>(channel_->emit(views_, mode));
  }
  {
    const std::lock_guard lock(mutex_);
    emitting_ = false;
  }
  leave();
  return answer;
}

void StartContext::ask(std::uint64_t ticket, asmgr_str tool_call_json) {
  if (!enter()) return;
  std::string problem = problem_with_object(tool_call_json, "tool call");
  if (problem.empty() && tool_call_json.len == 0) problem = "its tool call is empty";
  if (problem.empty()) {
    channel_->ask(ticket, view_of_text(tool_call_json));
  } else {
    report("ask", problem);
  }
  leave();
}

void StartContext::finish(std::uint32_t status, asmgr_str result_json) {
  if (!enter()) return;
  std::string problem = problem_with_object(result_json, "result");
  if (status < ASMGR_FINISH_COMPLETED || status > ASMGR_FINISH_TOOL_CALLS) {
    problem = "it finished with status " + std::to_string(status) + ", which does not exist";
  }
  Finish finish;
  if (problem.empty()) {
    finish.status = static_cast<FinishStatus>(status);
    finish.result_json = result_json.len == 0 ? "{}" : std::string(view_of_text(result_json));
  } else {
    const Error error = misbehaviour({instance_name_, "finish"}, problem);
    channel_->misbehaved(error.message());
    finish.result_json = to_text(boost::json::object{{"error", error.to_json()}});
  }
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    taken = !pending_;
    if (taken) {
      pending_ = std::move(finish);
    } else {
      ++late_calls_;
    }
  }
  leave();
}

void StartContext::started() {
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::running;
    ++inside_;
  }
  leave();
}

bool StartContext::refused() {
  const std::lock_guard lock(mutex_);
  phase_ = Phase::finished;
  over_ = inside_ == 0;
  return std::exchange(pending_, std::nullopt).has_value();
}

void StartContext::close() {
  const std::lock_guard lock(mutex_);
  phase_ = Phase::finished;
  pending_.reset();
}

bool StartContext::over() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

std::uint64_t StartContext::late_calls() const {
  const std::lock_guard lock(mutex_);
  return late_calls_;
}

}  // namespace asmgr
