/* The provider port: something that can carry out a run. The host calls start, which returns at once; the provider
 * emits events as they come, and calls finish exactly once. */
#ifndef ASMGR_ABI_PROVIDER_H_
#define ASMGR_ABI_PROVIDER_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/data.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASMGR_IFACE_PROVIDER "asmgr.provider/1"
#define ASMGR_IFACE_PROVIDER_FLOW "asmgr.provider.flow/1"
#define ASMGR_IFACE_PROVIDER_STEER "asmgr.provider.steer/1"
#define ASMGR_IFACE_PROVIDER_RESUME "asmgr.provider.resume/1"
#define ASMGR_IFACE_PROVIDER_APPROVAL "asmgr.provider.approval/1"

/* Answers of emit. */
enum {
  ASMGR_GO_ON = 0, /* accepted */
  ASMGR_PAUSE = 1, /* accepted; emit no more until flow.resume. Going on fills the queue to twice its limit, then
                      comes STOP and the run fails plugin_misbehaved */
  ASMGR_STOP = 2   /* none accepted: the run is over. Clean up and call finish */
};

/* Flags of emit. */
enum {
  ASMGR_EMIT_MAY_BLOCK = 1u /* this thread may wait for room (PAUSE is never answered), and may do the session's work */
};

/* How a start ended. */
enum {
  ASMGR_FINISH_COMPLETED = 1,
  ASMGR_FINISH_FAILED = 2,
  ASMGR_FINISH_CANCELLED = 3,
  ASMGR_FINISH_TOOL_CALLS = 4 /* grade `own` only: run these tools and start again with the next turn */
};

/* Verdicts on a tool call. */
enum { ASMGR_VERDICT_ALLOW = 1, ASMGR_VERDICT_DENY = 2 };

/* Everything one start needs. THE ONE EXCEPTION TO BORROWING: this struct and all it points to live until finish
 * has returned, so a provider may keep the pointer. A run that the host has given up (cancelled and past its grace)
 * keeps its context too, pointed at a dead end: emit answers STOP, finish is counted and dropped. */
typedef struct asmgr_run_ctx {
  uint32_t size;
  uint32_t turn;  /* grade `own`: number of this model call within the run, from 1; else 1 */
  uint64_t start; /* names this start in cancel, resume, resolve, ...; unique in this process */
  const asmgr_session *session;
  const asmgr_run *run;
  asmgr_str options;      /* JSON object: the policies' compiled hints over the caller's adapter_opts */
  /* JSON array of messages, or empty: what was said before this run, whose input is in its document. Grade `own`, from
   * turn 2 on: everything, the run's input too, and what the model said, called and was answered. A message is
   * {"role": system | user | assistant, "content": text or parts}; a call of the model
   * {"role":"assistant","tool_call_id","tool_name","tool_input":{}}; its result
   * {"role":"tool","tool_call_id","tool_name","tool_output": text or content blocks, "is_error"?}. */
  asmgr_str transcript;
  asmgr_str tools;        /* JSON array of {"name","description","input_schema"} the model may call, or empty */
  asmgr_str resume_token; /* native session to go on with, or empty */
  const asmgr_cancel *cancel;
  int64_t deadline_mono_ns; /* INT64_MAX = none */
  void *ctx;                /* first argument of the three functions */

  /* [run] Hands over events, on any thread, one call at a time per start. All events of a call are accepted or
   * none; they are copied before it returns. Returns ASMGR_GO_ON, ASMGR_PAUSE or ASMGR_STOP. Hold no lock that
   * your own cancel, resume or resolve needs: the host may run the session, and so call those, inside. */
  ASMGR_FN(uint32_t, emit, void *ctx, const asmgr_array *events, uint32_t flags);

  /* [any] Asks before a tool runs; only for grade `intercept`. `ticket` is the provider's own number for the
   * question, unique within the start. The answer comes by approval.resolve, perhaps before ask has returned.
   * `tool_call_json`: {"tool_call_id","tool_name","tool_input":{}}. */
  ASMGR_FN(void, ask, void *ctx, uint64_t ticket, asmgr_str tool_call_json);

  /* [any] Exactly once per start that returned OK, not while emit runs on another thread, also after a cancel.
   * `result_json`: {"output":{}, "token_usage":{}, "stop_reason", "model", "cost_usd", "provider_metadata":{} (merged
   *   into the run's; `resources` there is what the run used: max_rss_bytes, cpu_user_ms, cpu_system_ms, output_bytes),
   *   "error":{"code","message","details":{},"provider_error":{}}, "tool_calls":[{"id","name","input"}]}; all
   * optional, `error` expected with FAILED. What is emitted or finished afterwards is counted and dropped. The
   * context is gone when it returns. */
  ASMGR_FN(void, finish, void *ctx, uint32_t status, asmgr_str result_json);
} asmgr_run_ctx;

typedef struct asmgr_provider {
  uint32_t size;
  uint32_t reserved0;

  /* [any] One JSON object as one text; the same on every call:
   *   vendor        string   key of the price table, e.g. "anthropic"
   *   capabilities  array    of {"name","type","enabled"?,"description"?}; type: tool, resource, prompt, sampling,
   *                          file_access, network_access, code_execution
   *   max_turns     int      grade `own`: the most model calls (starts) of one run, of the instance's configuration;
   *                          absent or 0 = as many as it takes
   *   models        array    of strings; may be empty. The first is what a run uses whose options name no `model`,
   *                          and what its price is estimated by
   *   max_output_tokens  int the most that one answer may have: of the instance's configuration where that says so,
   *                          else of its model; absent or 0 = not known. A run's options may name a lower one, which
   *                          a provider that declares this keeps to
   *   grade         string   observe | cancel | intercept | own: how firmly tools can be held back
   *   usage         string   delta | total: what token_usage_updated events carry; grade `own`: delta
   *   heartbeat_ms  int      0 = silent for as long as it likes
   *   goes_on_by    string   message | input: what a run is started with that waited for a person while nobody carried it
   *                          out. A message says what was decided, with resume_token or transcript as in any
   *                          continuation (default); where there is no model to tell, the same input comes again, and
   *                          the same call is then allowed without asking anybody
   *   hints         array    of strings; may be absent: the options of policies (asmgr_policy.compile) that it
   *                          honours. A rule that a policy leaves to them counts as enforced by the provider
   *   resumes       bool     may be absent: false for an instance that has no sessions of its own to go on with,
   *                          although its component offers asmgr.provider.resume/1
   *   needs         array    may be absent: what must be there for runs to succeed, each {"program": name in PATH or
   *                          file} | {"address": URL} | {"setting": key of `config:` that is empty}, with "todo": how
   *                          to have it. Runs are started without asking; people are told of what is missing
   * What permission modes mean to it stands in its config_schema ("x-meanings"). */
  ASMGR_FN(asmgr_status, describe, asmgr_instance *, const asmgr_sink *json, asmgr_error *);

  /* [any] Begins a run and returns at once (the run goes on on threads of the provider's). OK: finish will come.
   * Any error: nothing has begun, finish must not come. */
  ASMGR_FN(asmgr_status, start, asmgr_instance *, const asmgr_run_ctx *, asmgr_error *);

  /* [any] Asks a run to end soon: idempotent, unknown starts are ignored, never waits for the run. The token in the
   * context is cancelled before. finish must still come, within the grace period. */
  ASMGR_FN(void, cancel, asmgr_instance *, uint64_t start);
} asmgr_provider;

/* Required of providers that emit without MAY_BLOCK. */
typedef struct asmgr_provider_flow {
  uint32_t size;
  uint32_t reserved0;
  /* [any] Emit again. A level, not an edge: at least one comes after every PAUSE, it may come before the emit that
   * answered PAUSE has returned (so: remember it), and it may come without need. */
  ASMGR_FN(void, resume, asmgr_instance *, uint64_t start);
} asmgr_provider_flow;

typedef struct asmgr_provider_steer {
  uint32_t size;
  uint32_t reserved0;
  /* [any] Gives a live run one more message: {"role","content"}. RUN_NOT_FOUND when the start is over. */
  ASMGR_FN(asmgr_status, inject, asmgr_instance *, uint64_t start, asmgr_str message_json, asmgr_error *);
} asmgr_provider_steer;

typedef struct asmgr_provider_resume {
  uint32_t size;
  uint32_t reserved0;
  /* [any] The native session of a start as one text, during the run or right after; nothing pushed = none. */
  ASMGR_FN(asmgr_status, token, asmgr_instance *, uint64_t start, const asmgr_sink *token, asmgr_error *);
  ASMGR_FN(asmgr_status, forget, asmgr_instance *, asmgr_str token, asmgr_error *); /* [any] */
} asmgr_provider_resume;

/* Required of providers of grade `intercept`. */
typedef struct asmgr_provider_approval {
  uint32_t size;
  uint32_t reserved0;
  /* [any] Answers an ask. `verdict` ASMGR_VERDICT_*; `note` says why (to be shown to the model); a non-empty
   * `edited_input_json` replaces the call's input. An unknown ticket is OK: the run may have ended. */
  ASMGR_FN(asmgr_status, resolve, asmgr_instance *, uint64_t start, uint64_t ticket, uint32_t verdict,
           asmgr_str note, asmgr_str edited_input_json, asmgr_error *);
} asmgr_provider_approval;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_PROVIDER_H_ */
