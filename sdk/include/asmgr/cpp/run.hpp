// One start of a provider, seen from the provider: what it was given, and the handle that must be finished.
#pragma once

#include <asmgr/abi/provider.h>

#include <asmgr/cpp/cancel.hpp>
#include <asmgr/cpp/host.hpp>
#include <asmgr/cpp/json_text.hpp>
#include <asmgr/cpp/layout.hpp>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/cpp/string.hpp>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace asmgr::sdk {

// An event to emit; the host fills in the rest. `type` is ASMGR_EV_*, `data_json` an object; borrows.
[[nodiscard]] inline asmgr_event event(std::uint32_t type, std::string_view data_json) noexcept {
  auto made = make<asmgr_event>();
  made.schema = 1;
  made.type = type;
  made.data = to_abi(data_json);
  return made;
}
// The same by name, for types that have no number.
[[nodiscard]] inline asmgr_event event(std::string_view type_name, std::string_view data_json) noexcept {
  asmgr_event made = event(ASMGR_EV_UNKNOWN, data_json);
  made.type_name = to_abi(type_name);
  return made;
}

// What a start was given. The views live until finish has returned; copies of this are cheap.
class RunContext {
 public:
  RunContext(Host host, const asmgr_run_ctx& context) noexcept : host_(host), context_(&context) {}

  [[nodiscard]] std::uint64_t start() const noexcept { return context_->start; }  // unique in this process
  [[nodiscard]] std::uint32_t turn() const noexcept { return context_->turn; }
  [[nodiscard]] const asmgr_session& session() const noexcept { return *context_->session; }
  [[nodiscard]] const asmgr_run& run() const noexcept { return *context_->run; }
  [[nodiscard]] std::string_view options() const noexcept { return view(context_->options); }  // JSON object
  [[nodiscard]] std::string_view transcript() const noexcept { return view(context_->transcript); }
  [[nodiscard]] std::string_view tools() const noexcept { return view(context_->tools); }
  [[nodiscard]] std::string_view resume_token() const noexcept { return view(context_->resume_token); }
  [[nodiscard]] Cancel cancel() const noexcept { return Cancel(host_, context_->cancel); }
  [[nodiscard]] std::int64_t deadline_mono_ns() const noexcept {
    return context_->deadline_mono_ns;
  }  // INT64_MAX: none
  [[nodiscard]] Host host() const noexcept { return host_; }
  [[nodiscard]] const asmgr_run_ctx& raw() const noexcept { return *context_; }

 private:
  Host host_;
  const asmgr_run_ctx* context_;
};

// The obligation to finish one start. Movable; whoever holds it last and drops it unfinished has failed the run
// ("provider dropped the run"), so that a run always ends, and exactly once.
class Run {
 public:
  Run(Host host, const asmgr_run_ctx& context) noexcept : host_(host), context_(&context) {}
  Run(Run&& other) noexcept : host_(other.host_), context_(other.context_.exchange(nullptr)) {}
  Run& operator=(Run&& other) noexcept {
    if (this == &other) return *this;
    drop();
    host_ = other.host_;
    context_.store(other.context_.exchange(nullptr));
    return *this;
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { drop(); }

  // False once finished or moved from: then only this and emit (STOP) may be called.
  [[nodiscard]] bool live() const noexcept { return context_.load() != nullptr; }
  // Only while live; what it shows ends with finish.
  [[nodiscard]] RunContext context() const noexcept { return RunContext(host_, *context_.load()); }

  // Hands over events, all or none. One call at a time per run, any thread; hold no lock that your own cancel, resume
  // or resolve needs. Answers ASMGR_GO_ON, ASMGR_PAUSE (accepted, wait for resume) or ASMGR_STOP (refused, finish).
  // With ASMGR_EMIT_MAY_BLOCK it waits for room instead of answering PAUSE.
  std::uint32_t emit(const asmgr_event* first, std::size_t count, std::uint32_t flags = 0) noexcept {
    const asmgr_run_ctx* context = context_.load();
    if (context == nullptr) return ASMGR_STOP;
    const asmgr_array events = to_abi_array(first, count);
    return context->emit(context->ctx, &events, flags);
  }
  std::uint32_t emit(const asmgr_event& one, std::uint32_t flags = 0) noexcept { return emit(&one, 1, flags); }

  // Any thread. The answer comes by ProviderApproval::resolve, perhaps before this has returned.
  void ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept {
    if (const asmgr_run_ctx* context = context_.load()) context->ask(context->ctx, ticket, to_abi(tool_call_json));
  }

  // Any thread, but not while emit runs on another. `status` ASMGR_FINISH_*. The first call counts, later ones do
  // nothing; what context() showed is gone afterwards.
  void finish(std::uint32_t status, std::string_view result_json) noexcept {
    if (const asmgr_run_ctx* context = context_.exchange(nullptr))
      context->finish(context->ctx, status, to_abi(result_json));
  }
  void fail(const StatusError& error) {
    const std::string result = "{\"error\":" + error_json(error) + "}";
    finish(error.status() == ASMGR_E_CANCELLED ? ASMGR_FINISH_CANCELLED : ASMGR_FINISH_FAILED, result);
  }

  // Gives up the obligation without finishing: only for a start that fails before it has begun.
  void release() noexcept { context_.store(nullptr); }

 private:
  void drop() noexcept {
    finish(ASMGR_FINISH_FAILED,
           R"({"error":{"code":"internal_error","message":"provider dropped the run: the plugin let go of it )"
           R"(without finishing it","details":{}}})");
  }

  Host host_;
  std::atomic<const asmgr_run_ctx*> context_;
};

}  // namespace asmgr::sdk
