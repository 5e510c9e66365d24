// The policy port: asked before anything is spent, before a tool runs, and on events. Contract in full:
// sdk/include/asmgr/abi/policy.h.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/event.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"
#include "core/ports/provider.hpp"

namespace asmgr {

// In order of strictness.
enum class PolicyAction : std::uint8_t { allow = 0, warn, request_approval, deny, cancel };
[[nodiscard]] std::string_view action_name(PolicyAction action) noexcept;
[[nodiscard]] std::optional<PolicyAction> parse_action(std::string_view name) noexcept;

struct Violation {
  std::string rule;
  std::string message;
  std::string details = "{}";  // JSON object
};

struct Decision {
  PolicyAction action = PolicyAction::allow;
  std::vector<Violation> violations;
};

struct Hold {
  std::string counter;
  std::string metric;
  std::int64_t amount = 0;
  std::int64_t ceiling = 0;
  std::string policy = {};    // who asked for it, as far as that is known
  Timestamp keep_until = {};  // of the counter; not set = for ever
};

// What a run has used so far; -1 = unknown.
struct RunUsage {
  TokenUsage tokens;
  std::int64_t cost_micro_usd = -1;
  std::int64_t elapsed_ms = 0;
  std::int64_t tool_calls = 0;
  std::int64_t turns = 0;
};

struct PolicyNeed {
  std::string rule;
  EnforcementGrade grade = EnforcementGrade::observe;
  PolicyAction action = PolicyAction::cancel;
};

struct PolicyInfo {
  std::string name;            // instance name
  boost::json::object limits;  // name -> number
  boost::json::array tool_rules;
  PolicyAction on_violation = PolicyAction::cancel;
  boost::json::object metadata;
  std::vector<PolicyNeed> needs;
  std::vector<EventType> events;  // what observe wants
  bool observes_all = false;
  bool wants_time = false;  // kTimePassed is among its events; all events are not the time
};

// The name under which observe is told that time has passed. No event: it is neither stored nor published.
inline constexpr std::string_view kTimePassed = "time_passed";

// A policy's state for one run. All functions serial within the run. Errors mean that the policy itself failed; the
// caller applies on_error.
class PolicyRun {
 public:
  virtual ~PolicyRun() = default;
  [[nodiscard]] virtual Result<Decision> preflight(std::string_view estimate_json, std::vector<Hold>& holds) = 0;
  [[nodiscard]] virtual Result<Decision> review_tool(std::string_view tool_call_json) = 0;
  // Hot: fills `decision` (given as allow, without violations) only when there is something to say.
  [[nodiscard]] virtual Result<void> observe(const EventView& event, const RunUsage& usage, Decision& decision) = 0;
};

class Policy {
 public:
  virtual ~Policy() = default;
  [[nodiscard]] virtual const PolicyInfo& info() const noexcept = 0;
  // `session` and `run` are borrowed for the call.
  [[nodiscard]] virtual Result<std::unique_ptr<PolicyRun>> begin(std::string_view effective_json,
                                                                 const Session& session, const Run& run) = 0;
  // {"options": {...}, "enforces": [...]}
  [[nodiscard]] virtual Result<boost::json::object> compile(std::string_view effective_json,
                                                            const ProviderInfo& provider) = 0;
};

}  // namespace asmgr
