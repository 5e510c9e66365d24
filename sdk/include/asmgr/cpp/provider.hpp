// Derive from AsyncProvider (own threads or an event loop) or BlockingProvider (blocking_provider.hpp: a function on a
// thread per run) to write a provider. The contract of every function is in <asmgr/abi/provider.h>.
#pragma once

#include <asmgr/abi/provider.h>

#include <asmgr/cpp/instance.hpp>
#include <asmgr/cpp/run.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr::sdk {

class Provider {
 public:
  virtual ~Provider() = default;
  // One JSON object: vendor, capabilities, models, grade, usage, heartbeat_ms, ... The same on every call. Any thread.
  virtual std::string describe() = 0;
};

// A provider that brings its own threads.
class AsyncProvider : public Provider {
 public:
  // Any thread; returns at once. Take the run with std::move(run) and finish it later. To refuse, throw before taking
  // it; what is thrown afterwards is logged, since the run has begun. A run that is not taken fails.
  virtual void start(Run& run) = 0;
  // Any thread, idempotent, unknown starts are ignored, never waits for the run.
  virtual void cancel(std::uint64_t start) = 0;
};

// Derive from this too to offer asmgr.provider.flow/1: required when emit is called without ASMGR_EMIT_MAY_BLOCK.
class ProviderFlow {
 public:
  virtual ~ProviderFlow() = default;
  // A level, not an edge: it may come before the emit that answered PAUSE has returned.
  virtual void resume(std::uint64_t start) = 0;
};

// Derive from this too to offer asmgr.provider.steer/1.
class ProviderSteer {
 public:
  virtual ~ProviderSteer() = default;
  // Throws RUN_NOT_FOUND when the start is over.
  virtual void inject(std::uint64_t start, std::string_view message_json) = 0;
};

// Derive from this too to offer asmgr.provider.resume/1.
class ProviderResume {
 public:
  virtual ~ProviderResume() = default;
  // The native session of a start; empty = none.
  virtual std::string token(std::uint64_t start) = 0;
  virtual void forget(std::string_view token) = 0;
};

// Derive from this too to offer asmgr.provider.approval/1: required of grade `intercept`. A BlockingProvider has it
// already.
class ProviderApproval {
 public:
  virtual ~ProviderApproval() = default;
  // `verdict` ASMGR_VERDICT_*; an empty `edited_input_json` leaves the input as it is. Ignores unknown tickets.
  virtual void resolve(std::uint64_t start, std::uint64_t ticket, std::uint32_t verdict, std::string_view note,
                       std::string_view edited_input_json) = 0;
};

namespace detail {

// Throws StatusError (INVALID_INPUT) unless the context is whole.
inline const asmgr_run_ctx& require_context(const asmgr_run_ctx* context) {
  require(context, "run context");
  require(context->session, "session");
  require(context->run, "run");
  return *context;
}

template <typename T>
struct AsyncProviderEdge {
  static asmgr_status describe(asmgr_instance* self, const asmgr_sink* json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Provider& provider) { TextSink(json).push(provider.describe()); });
  }

  static asmgr_status start(asmgr_instance* self, const asmgr_run_ctx* context, asmgr_error* error) noexcept {
    const Host host = instance_of<T>(self).host;
    return call<T>(self, error, [&](AsyncProvider& provider) {
      Run run(host, require_context(context));
      try {
        provider.start(run);
      } catch (...) {
        if (run.live()) {
          run.release();
          throw;
        }
        // The run was taken, so finish has come or will come: an error would say that it must not.
        guarded_void(host, "provider.start", [] { throw; });
      }
    });
  }

  static void cancel(asmgr_instance* self, std::uint64_t start) noexcept {
    Instance<T>& instance = instance_of<T>(self);
    guarded_void(instance.host, "provider.cancel",
                 [&] { static_cast<AsyncProvider&>(*instance.object).cancel(start); });
  }
};

template <typename T>
inline constexpr asmgr_provider kAsyncProviderTable = {sizeof(asmgr_provider), 0, &AsyncProviderEdge<T>::describe,
                                                       &AsyncProviderEdge<T>::start, &AsyncProviderEdge<T>::cancel};

template <typename T>
struct ProviderFacetEdge {
  static void resume(asmgr_instance* self, std::uint64_t start) noexcept {
    Instance<T>& instance = instance_of<T>(self);
    guarded_void(instance.host, "provider.resume", [&] { static_cast<ProviderFlow&>(*instance.object).resume(start); });
  }

  static asmgr_status inject(asmgr_instance* self, std::uint64_t start, asmgr_str message_json,
                             asmgr_error* error) noexcept {
    return call<T>(self, error, [&](ProviderSteer& provider) { provider.inject(start, view(message_json)); });
  }

  static asmgr_status token(asmgr_instance* self, std::uint64_t start, const asmgr_sink* token,
                            asmgr_error* error) noexcept {
    return call<T>(self, error, [&](ProviderResume& provider) {
      const std::string text = provider.token(start);
      if (!text.empty()) TextSink(token).push(text);
    });
  }

  static asmgr_status forget(asmgr_instance* self, asmgr_str token, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](ProviderResume& provider) { provider.forget(view(token)); });
  }

  static asmgr_status resolve(asmgr_instance* self, std::uint64_t start, std::uint64_t ticket, std::uint32_t verdict,
                              asmgr_str note, asmgr_str edited_input_json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](ProviderApproval& provider) {
      provider.resolve(start, ticket, verdict, view(note), view(edited_input_json));
    });
  }
};

template <typename T>
inline constexpr asmgr_provider_flow kProviderFlowTable = {sizeof(asmgr_provider_flow), 0,
                                                           &ProviderFacetEdge<T>::resume};
template <typename T>
inline constexpr asmgr_provider_steer kProviderSteerTable = {sizeof(asmgr_provider_steer), 0,
                                                             &ProviderFacetEdge<T>::inject};
template <typename T>
inline constexpr asmgr_provider_resume kProviderResumeTable = {
    sizeof(asmgr_provider_resume), 0, &ProviderFacetEdge<T>::token, &ProviderFacetEdge<T>::forget};
template <typename T>
inline constexpr asmgr_provider_approval kProviderApprovalTable = {sizeof(asmgr_provider_approval), 0,
                                                                   &ProviderFacetEdge<T>::resolve};

}  // namespace detail
}  // namespace asmgr::sdk
