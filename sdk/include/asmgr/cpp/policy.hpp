// Derive from Policy and PolicyRun to write a policy. The contract of every function is in <asmgr/abi/policy.h>.
#pragma once

#include <asmgr/abi/policy.h>

#include <asmgr/cpp/instance.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace asmgr::sdk {

// The answer being built: ALLOW until something is said. Only during the asking call.
class Decision {
 public:
  explicit Decision(asmgr_decision& decision) noexcept : decision_(decision) {}

  // Makes the answer at least as strict as `action` (ASMGR_WARN, ...) and says why. `rule` is the policy's own name for
  // what was broken; `details_json` is an object or empty.
  void violate(std::uint32_t action, std::string_view rule, std::string_view message,
               std::string_view details_json = {}) noexcept {
    raise(action);
    decision_.explain(decision_.ctx, to_abi(rule), to_abi(message), to_abi(details_json));
  }
  // Makes the answer at least as strict as `action`.
  void raise(std::uint32_t action) noexcept {
    if (action > decision_.action) decision_.action = action;
  }
  [[nodiscard]] std::uint32_t action() const noexcept { return decision_.action; }

 private:
  asmgr_decision& decision_;
};

// A policy's state for one run. Calls are serial within the run; views are borrowed for the call. To say that the
// policy itself failed (not that a rule was broken), throw StatusError.
class PolicyRun {
 public:
  virtual ~PolicyRun() = default;
  virtual void preflight(std::string_view estimate_json, Decision& decision, ItemSink<asmgr_hold>& holds) {
    static_cast<void>(estimate_json), static_cast<void>(decision), static_cast<void>(holds);
  }
  virtual void review_tool(std::string_view tool_call_json, Decision& decision) {
    static_cast<void>(tool_call_json), static_cast<void>(decision);
  }
  // Hot: under 10 us. `usage` already counts the event.
  virtual void observe(const asmgr_event& event, const asmgr_usage& usage, Decision& decision) {
    static_cast<void>(event), static_cast<void>(usage), static_cast<void>(decision);
  }
};

// Any thread.
class Policy {
 public:
  virtual ~Policy() = default;
  // One JSON object: limits, tool_rules, on_violation, metadata, needs, events. The same on every call.
  virtual std::string declare() = 0;
  // `session` and `run` are borrowed for the call.
  virtual std::unique_ptr<PolicyRun> begin(std::string_view effective_json, const asmgr_session& session,
                                           const asmgr_run& run) = 0;
  // {"options": {...}, "enforces": [...]}. Pure.
  virtual std::string compile(std::string_view effective_json, std::string_view provider_describe_json) {
    static_cast<void>(effective_json), static_cast<void>(provider_describe_json);
    return R"({"options":{},"enforces":[]})";
  }
};

namespace detail {

template <typename T>
struct PolicyEdge {
  static asmgr_status declare(asmgr_instance* self, const asmgr_sink* json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Policy& policy) { TextSink(json).push(policy.declare()); });
  }

  static asmgr_status begin(asmgr_instance* self, asmgr_str effective_json, const asmgr_session* session,
                            const asmgr_run* run, asmgr_policy_run** out, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Policy& policy) {
      std::unique_ptr<PolicyRun> state =
          policy.begin(view(effective_json), require(session, "session"), require(run, "run"));
      if (state == nullptr) throw StatusError(ASMGR_E_INTERNAL, "the policy's begin returned no state for the run");
      *out = static_cast<asmgr_policy_run*>(static_cast<void*>(state.release()));
    });
  }

  static void end(asmgr_instance* self, asmgr_policy_run* run) noexcept {
    guarded_void(instance_of<T>(self).host, "policy.end", [&] { delete state_of(run); });
  }

  static asmgr_status preflight(asmgr_instance* self, asmgr_policy_run* run, asmgr_str estimate_json,
                                asmgr_decision* decision, const asmgr_sink* holds, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Policy&) {
      Decision answer(require(decision, "decision"));
      ItemSink<asmgr_hold> out(holds);
      state_of(run)->preflight(view(estimate_json), answer, out);
    });
  }

  static asmgr_status review_tool(asmgr_instance* self, asmgr_policy_run* run, asmgr_str tool_call_json,
                                  asmgr_decision* decision, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Policy&) {
      Decision answer(require(decision, "decision"));
      state_of(run)->review_tool(view(tool_call_json), answer);
    });
  }

  static asmgr_status observe(asmgr_instance* self, asmgr_policy_run* run, const asmgr_event* event,
                              const asmgr_usage* usage, asmgr_decision* decision, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Policy&) {
      Decision answer(require(decision, "decision"));
      state_of(run)->observe(require(event, "event"), require(usage, "usage"), answer);
    });
  }

  static asmgr_status compile(asmgr_instance* self, asmgr_str effective_json, asmgr_str provider_describe_json,
                              const asmgr_sink* json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Policy& policy) {
      TextSink(json).push(policy.compile(view(effective_json), view(provider_describe_json)));
    });
  }

  static PolicyRun* state_of(asmgr_policy_run* run) noexcept {
    return static_cast<PolicyRun*>(static_cast<void*>(run));
  }
};

template <typename T>
inline constexpr asmgr_policy kPolicyTable = {sizeof(asmgr_policy),        0,
                                              &PolicyEdge<T>::declare,     &PolicyEdge<T>::begin,
                                              &PolicyEdge<T>::end,         &PolicyEdge<T>::preflight,
                                              &PolicyEdge<T>::review_tool, &PolicyEdge<T>::observe,
                                              &PolicyEdge<T>::compile};

}  // namespace detail
}  // namespace asmgr::sdk
