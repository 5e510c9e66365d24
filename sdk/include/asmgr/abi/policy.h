/* The policy port: asked before anything is spent (preflight), before a tool runs (review_tool), and on events
 * (observe). The strictest answer of all policies of a run wins, whatever their order. */
#ifndef ASMGR_ABI_POLICY_H_
#define ASMGR_ABI_POLICY_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/data.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASMGR_IFACE_POLICY "asmgr.policy/1"

/* In order of strictness. An action this host does not know counts as CANCEL. */
enum {
  ASMGR_ALLOW = 0,
  ASMGR_WARN = 1,             /* record the violation and go on */
  ASMGR_REQUEST_APPROVAL = 2, /* ask a person */
  ASMGR_DENY = 3,             /* not this tool call */
  ASMGR_CANCEL = 4            /* end the run */
};

/* Host-owned; the caller sets `action` to ALLOW, and a policy that touches nothing allows. */
typedef struct asmgr_decision {
  uint32_t size;
  uint32_t action;
  void *ctx;
  /* [leaf] One call per violation, during the asking call: `rule` is the policy's own name for what was broken and
   * the host records one violation per rule and run. `details_json`: {"kind": "tool_denied" | "budget_exceeded" |
   * ..., ...}; an object or empty. */
  ASMGR_FN(void, explain, void *ctx, asmgr_str rule, asmgr_str message, asmgr_str details_json);
} asmgr_decision;

/* What preflight wants set aside: `amount` is added to the counter when the run starts unless that would pass
 * `ceiling` (then the run is refused), and settled with what was used when it ends. An amount that is the ceiling asks
 * for all that is left under it, at least 1. A run that has used up what it holds gets as much again, or what is left;
 * when nothing is, it is ended. A hold that preflight names twice is held once. */
typedef struct asmgr_hold {
  uint32_t size;
  uint32_t reserved0;
  int64_t amount;
  int64_t ceiling;
  asmgr_str counter; /* name of the counter record; integer units: tokens, milliseconds, micro-USD */
  asmgr_str metric;  /* what settles it: total_tokens, input_tokens (cached ones included), output_tokens (with
                        reasoning), cost_micro_usd, elapsed_ms, tool_calls, turns. What is not known at the end of the
                        run, or none of these, settles as what was held; a cost without any tokens as 0 */
  int64_t keep_until_us; /* microseconds since 1970 after which nobody asks for the counter any more; 0 = never. Then
                            it is removed at some time when no run holds anything of it */
} asmgr_hold;

typedef struct asmgr_policy_run asmgr_policy_run; /* opaque, plugin-owned: begin makes it, end ends it */

typedef struct asmgr_policy {
  uint32_t size;
  uint32_t reserved0;

  /* [any] One JSON object as one text; the same on every call:
   *   limits        object   name -> number, the bounds it sets ({"max_total_tokens": 8000, ...})
   *   tool_rules    array    of {"allow": [...]} | {"deny": [...]} | {"ask": [...]}
   *   on_violation  string   cancel | request_approval | deny | warn
   *   metadata      object
   *   needs         array    of {"rule": string, "grade": "observe"|"cancel"|"intercept"|"own", "action": string}:
   *                          what a provider must be able to do for the rule to hold
   *   events        array    of event type names that observe wants; absent = none, ["*"] = all. "time_passed" is
   *                          none of them and not among all: who lists it is told the time, see observe */
  ASMGR_FN(asmgr_status, declare, asmgr_instance *, const asmgr_sink *json, asmgr_error *);

  /* [any] Opens and closes the policy's state for one run. `effective_json` is the stack's combination: {"names",
   * "limits", "tool_rules", "on_violation", "metadata"}. */
  ASMGR_FN(asmgr_status, begin, asmgr_instance *, asmgr_str effective_json, const asmgr_session *,
           const asmgr_run *, asmgr_policy_run **out, asmgr_error *);
  ASMGR_FN(void, end, asmgr_instance *, asmgr_policy_run *);

  /* [run] Before anything is spent. `estimate_json`: {"input_chars","input_tokens","max_output_tokens",
   * "input_cost_usd","cost_usd"}, null where unknown: the input as a quarter of its characters, the most that the
   * provider declares for an answer, what the input alone costs (null: nobody knows the model's price), and what both
   * cost together. Holds are of asmgr_hold. */
  ASMGR_FN(asmgr_status, preflight, asmgr_instance *, asmgr_policy_run *, asmgr_str estimate_json,
           asmgr_decision *, const asmgr_sink *holds, asmgr_error *);

  /* [run] Before a tool runs. `tool_call_json` as in asmgr_run_ctx.ask. */
  ASMGR_FN(asmgr_status, review_tool, asmgr_instance *, asmgr_policy_run *, asmgr_str tool_call_json,
           asmgr_decision *, asmgr_error *);

  /* [run], hot: once per event of the declared types, under 10 us. `usage` already counts the event.
   * A policy that declares "time_passed" is also called when a run has taken longer than its own declared limit
   * `max_duration_ms`, and than that of the stack, whatever the run does meanwhile: with an event of that type_name
   * (type 0, no id, no number, data {}) that is neither stored nor published, once for each. */
  ASMGR_FN(asmgr_status, observe, asmgr_instance *, asmgr_policy_run *, const asmgr_event *, const asmgr_usage *,
           asmgr_decision *, asmgr_error *);

  /* [any], pure. Hints for a provider as one JSON object: {"options": {...}, "enforces": ["rule", ...]}. `enforces`
   * names the rules of `needs` that hold when the provider does all of `options`: they count as the provider's when
   * every name in `options` is among the `hints` it declares and no later policy replaced a value; give no option
   * that it does not declare. */
  ASMGR_FN(asmgr_status, compile, asmgr_instance *, asmgr_str effective_json, asmgr_str provider_describe_json,
           const asmgr_sink *json, asmgr_error *);
} asmgr_policy;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_POLICY_H_ */
