// A provider whose run is a plain function: the layer gives each run a thread, waits, cancels and joins.
#pragma once

#include <asmgr/cpp/provider.hpp>
#include <asmgr/cpp/run_threads.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace asmgr::sdk {

// What a run came to. `json` as in asmgr_run_ctx.finish.
struct RunResult {
  std::uint32_t status = ASMGR_FINISH_COMPLETED;
  std::string json = "{}";
};

// What a running function holds: only on its own thread (or with calls serialised), only until it returns.
class BlockingRun {
 public:
  BlockingRun(Host host, detail::RunThreads& threads, detail::RunThreads::Live& live) noexcept
      : context_(host, *live.context), threads_(threads), live_(live) {}

  [[nodiscard]] const RunContext& context() const noexcept { return context_; }

  // Hands over events, all or none, waiting for room; hold no lock meanwhile. False: the run is over, return soon.
  [[nodiscard]] bool emit(const asmgr_event* first, std::size_t count) noexcept {
    const asmgr_array events = to_abi_array(first, count);
    return context_.raw().emit(context_.raw().ctx, &events, ASMGR_EMIT_MAY_BLOCK) != ASMGR_STOP;
  }
  [[nodiscard]] bool emit(const asmgr_event& one) noexcept { return emit(&one, 1); }

  // Any thread. True once the host wants the run to end, or the instance.
  [[nodiscard]] bool cancelled() const noexcept { return threads_.cancelled(context_.cancel(), live_); }
  // Throws StatusError (CANCELLED), which finishes the run as cancelled.
  void throw_if_cancelled() const {
    if (cancelled()) throw StatusError(ASMGR_E_CANCELLED, "the run was cancelled");
  }
  // Sleeps until cancelled (true) or the time has passed (false).
  bool wait_for(std::chrono::nanoseconds timeout) const { return threads_.wait_for(context_.cancel(), live_, timeout); }
  // Asks before a tool runs and waits for the answer. On cancel: DENY, with `cancelled` set.
  // `tool_call_json`: {"tool_call_id","tool_name","tool_input":{}}.
  [[nodiscard]] Verdict ask(std::string_view tool_call_json) {
    return threads_.ask(context_.cancel(), live_, tool_call_json);
  }

  // Asks and goes on: for a provider that can have several questions open, or reads its other side meanwhile. When the
  // answer has come (BlockingProvider::on_answer, perhaps before this has returned), take_answer gives it once.
  [[nodiscard]] std::uint64_t ask_later(std::string_view tool_call_json) {
    return threads_.ask_later(live_, tool_call_json);
  }
  [[nodiscard]] std::optional<Verdict> take_answer(std::uint64_t ticket) { return threads_.take_answer(live_, ticket); }

 private:
  RunContext context_;
  detail::RunThreads& threads_;
  detail::RunThreads::Live& live_;
};

namespace detail {
template <typename T>
struct BlockingProviderEdge;
}

// Instances are made and ended by the layer only: it joins the threads while the derived object is still whole.
class BlockingProvider : public Provider {
 public:
  // On a thread of its own with all signals blocked; different runs at the same time. What it throws fails the run
  // (CANCELLED: ends it as cancelled).
  virtual RunResult run(BlockingRun& run) = 0;
  // Any thread, once per run that is cancelled: for what cannot see cancelled(), such as a blocking read. Never waits
  // for the run.
  virtual void on_cancel(std::uint64_t start) { static_cast<void>(start); }
  // Any thread, after each answer to a question: for runs that ask with ask_later. Never waits for the run.
  virtual void on_answer(std::uint64_t start) { static_cast<void>(start); }

 private:
  template <typename T>
  friend struct detail::BlockingProviderEdge;
  detail::RunThreads threads_;
};

namespace detail {

// Never throws: a run must end even without memory.
inline RunResult failed_result() noexcept {
  RunResult result;
  result.status = ASMGR_FINISH_FAILED;
  try {
    const StatusError error = current_exception_as_status();
    if (error.status() == ASMGR_E_CANCELLED) result.status = ASMGR_FINISH_CANCELLED;
    result.json = "{\"error\":" + error_json(error) + "}";
  } catch (...) {
    result.json.clear();
  }
  return result;
}

template <typename T>
struct BlockingProviderEdge {
  static asmgr_status describe(asmgr_instance* self, const asmgr_sink* json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Provider& provider) { TextSink(json).push(provider.describe()); });
  }

  static asmgr_status start(asmgr_instance* self, const asmgr_run_ctx* context, asmgr_error* error) noexcept {
    const Host host = instance_of<T>(self).host;
    return call<T>(self, error, [&](BlockingProvider& provider) {
      provider.threads_.start(require_context(context),
                              [host, &provider](RunThreads::Live& live) noexcept { carry_out(host, provider, live); });
    });
  }

  static void carry_out(Host host, BlockingProvider& provider, RunThreads::Live& live) noexcept {
    RunResult result;
    try {
      BlockingRun run(host, provider.threads_, live);
      result = provider.run(run);
    } catch (...) {
      result = failed_result();
    }
    provider.threads_.forget(live);
    const asmgr_run_ctx& context = *live.context;
    context.finish(context.ctx, result.status, to_abi(result.json));
  }

  static void cancel(asmgr_instance* self, std::uint64_t start) noexcept {
    Instance<T>& instance = instance_of<T>(self);
    cancel_one(instance.host, *instance.object, start);
  }

  static void cancel_one(Host host, BlockingProvider& provider, std::uint64_t start) noexcept {
    if (provider.threads_.cancel(start)) guarded_void(host, "provider.cancel", [&] { provider.on_cancel(start); });
  }

  static asmgr_status resolve(asmgr_instance* self, std::uint64_t start, std::uint64_t ticket, std::uint32_t verdict,
                              asmgr_str note, asmgr_str edited_input_json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](BlockingProvider& provider) {
      if (provider.threads_.resolve(start, ticket, verdict, view(note), view(edited_input_json)))
        provider.on_answer(start);
    });
  }

  // Before the object is destroyed.
  static void stop(Instance<T>& instance) noexcept {
    BlockingProvider& provider = *instance.object;
    provider.threads_.close();
    for (std::uint64_t start = provider.threads_.live_start(); start != 0; start = provider.threads_.live_start())
      cancel_one(instance.host, provider, start);
    provider.threads_.join();
  }
};

template <typename T>
inline constexpr asmgr_provider kBlockingProviderTable = {sizeof(asmgr_provider), 0, &BlockingProviderEdge<T>::describe,
                                                          &BlockingProviderEdge<T>::start,
                                                          &BlockingProviderEdge<T>::cancel};
template <typename T>
inline constexpr asmgr_provider_approval kBlockingApprovalTable = {sizeof(asmgr_provider_approval), 0,
                                                                   &BlockingProviderEdge<T>::resolve};

}  // namespace detail
}  // namespace asmgr::sdk
