/* The data that crosses: events, sessions, runs, records, heads.
 *
 * What is looked at on the way is flat; payloads are JSON text that nobody on the way re-serialises: a store keeps
 * and returns `data`, `metadata`, `doc` and `body` byte for byte. Times are microseconds since the Unix epoch; 0
 * means "not set". */
#ifndef ASMGR_ABI_DATA_H_
#define ASMGR_ABI_DATA_H_

#include <asmgr/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ASMGR_SESSION_PENDING = 1,
  ASMGR_SESSION_ACTIVE = 2,
  ASMGR_SESSION_PAUSED = 3,
  ASMGR_SESSION_COMPLETED = 4,
  ASMGR_SESSION_FAILED = 5,
  ASMGR_SESSION_CANCELLED = 6
};

enum {
  ASMGR_RUN_PENDING = 1,
  ASMGR_RUN_RUNNING = 2,
  ASMGR_RUN_COMPLETED = 3,
  ASMGR_RUN_FAILED = 4,
  ASMGR_RUN_CANCELLED = 5,
  ASMGR_RUN_TIMEOUT = 6
};

/* Unknown numbers are data, not errors: `type_name` always travels beside `type`, and 0 means that only the name
 * says what the event is. */
enum {
  ASMGR_EV_UNKNOWN = 0,
  ASMGR_EV_SESSION_CREATED = 1,
  ASMGR_EV_SESSION_STARTED = 2,
  ASMGR_EV_SESSION_PAUSED = 3,
  ASMGR_EV_SESSION_RESUMED = 4,
  ASMGR_EV_SESSION_COMPLETED = 5,
  ASMGR_EV_SESSION_FAILED = 6,
  ASMGR_EV_SESSION_CANCELLED = 7,
  ASMGR_EV_RUN_STARTED = 8,
  ASMGR_EV_RUN_COMPLETED = 9,
  ASMGR_EV_RUN_FAILED = 10,
  ASMGR_EV_RUN_CANCELLED = 11,
  ASMGR_EV_RUN_TIMEOUT = 12,
  ASMGR_EV_MESSAGE_SENT = 13,
  ASMGR_EV_MESSAGE_RECEIVED = 14,
  ASMGR_EV_MESSAGE_STREAMED = 15,
  ASMGR_EV_TOOL_CALL_STARTED = 16,
  ASMGR_EV_TOOL_CALL_COMPLETED = 17,
  ASMGR_EV_TOOL_CALL_FAILED = 18,
  ASMGR_EV_ERROR_OCCURRED = 19,
  ASMGR_EV_ERROR_RECOVERED = 20,
  ASMGR_EV_TOKEN_USAGE_UPDATED = 21,
  ASMGR_EV_TURN_COMPLETED = 22,
  ASMGR_EV_WORKSPACE_SNAPSHOT_TAKEN = 23,
  ASMGR_EV_WORKSPACE_DIFF_COMPUTED = 24,
  ASMGR_EV_POLICY_VIOLATION = 25,
  ASMGR_EV_TOOL_APPROVAL_REQUESTED = 26,
  ASMGR_EV_TOOL_APPROVAL_GRANTED = 27,
  ASMGR_EV_TOOL_APPROVAL_DENIED = 28,
  ASMGR_EV_PROVIDER_STARTED = 29,
  ASMGR_EV_STEP_STARTED = 30,
  ASMGR_EV_REASONING_STREAMED = 31,
  ASMGR_EV_TOOL_INPUT_STREAMED = 32,
  ASMGR_EV_STEP_RESET = 33
};

enum {
  ASMGR_EVENT_PRUNED = 1u,   /* `data` and `metadata` are gone, `body_hash` still stands for them */
  ASMGR_EVENT_CALLER_ID = 2u /* the id came from outside the engine: check it for duplicates within the session */
};

/* From a provider (emit): `type` or `type_name`, `data`, and, where known, `time_us`, `metadata`, `id` and
 * `correlation_id`; the rest is the host's and ignored. Between host and store: everything. */
typedef struct asmgr_event {
  uint32_t size;
  uint16_t schema; /* version of the event's own schema, 1 */
  uint16_t flags;  /* ASMGR_EVENT_* */
  uint64_t seq;    /* per session, from 1, without gaps; 0 = not numbered yet */
  int64_t time_us;
  uint32_t type; /* ASMGR_EV_* */
  uint32_t reserved0;
  asmgr_str id;
  asmgr_str session_id;
  asmgr_str run_id; /* empty for events of the session itself */
  asmgr_str type_name;
  asmgr_str provider;
  asmgr_str correlation_id;
  asmgr_str data;        /* a JSON object; empty stands for {} */
  asmgr_str metadata;    /* a JSON object; empty stands for {} */
  uint8_t hash[32];      /* chains the event to the one before; zero from a provider */
  uint8_t body_hash[32]; /* of data and metadata */
} asmgr_event;

/* Expected versions, on sessions, runs and records: the write is refused with CONFLICT unless the stored row has
 * exactly this version. */
#define ASMGR_VERSION_ABSENT UINT64_C(0)   /* there must be no such row */
#define ASMGR_VERSION_ANY UINT64_MAX       /* not checked */
#define ASMGR_SEQ_UNCHECKED UINT64_MAX     /* for asmgr_commit_unit.expected_last_seq */

typedef struct asmgr_session {
  uint32_t size;
  uint32_t status;           /* ASMGR_SESSION_* */
  uint64_t version;          /* the version this row has, or gets by the write */
  uint64_t expected_version; /* of writes only */
  int64_t created_us;
  int64_t updated_us;
  int64_t deleted_us; /* 0 = not deleted */
  asmgr_str id;
  asmgr_str agent_id;
  asmgr_str parent_id;
  asmgr_str tenant;
  asmgr_str chain_id;
  asmgr_str doc; /* {"context":{},"metadata":{},"tags":[]} */
} asmgr_session;

typedef struct asmgr_run {
  uint32_t size;
  uint32_t status; /* ASMGR_RUN_* */
  uint64_t version;
  uint64_t expected_version;
  int64_t created_us;
  int64_t started_us;
  int64_t ended_us;
  asmgr_str id;
  asmgr_str session_id;
  asmgr_str provider; /* instance name of the provider that ran it, empty before */
  asmgr_str doc;      /* input, output, error, metadata, turn_count, token_usage, cost_usd, provider_metadata, waiting_on */
} asmgr_run;

enum {
  ASMGR_RECORD_ADD = 1u,   /* value += add when the result is at most ceiling (a missing row counts as 0), else the
                              unit answers LIMIT_EXCEEDED; no version is compared, the other fields are written only
                              when the row is made */
  ASMGR_RECORD_DELETE = 2u /* remove the row; with expected_version ANY a missing row is fine */
};

/* The store's small generic part: queue entries, commands, approvals, counters, ... are kinds of record. Its key
 * is (tenant, kind, id). */
typedef struct asmgr_record {
  uint32_t size;
  uint32_t flags; /* ASMGR_RECORD_*; of writes only */
  uint64_t version;
  uint64_t expected_version;
  int64_t due_us; /* 0 = never due */
  int64_t value;
  int64_t add;
  int64_t ceiling;
  asmgr_str kind;
  asmgr_str id;
  asmgr_str tenant;
  asmgr_str session_id; /* may be empty */
  asmgr_str status;
  asmgr_str body; /* JSON text or empty */
} asmgr_record;

/* The store's own row per session, changed by every unit that names the session. */
typedef struct asmgr_head {
  uint32_t size;
  uint32_t owner_alive; /* out: 1 when `owner` is non-empty and its host row lives */
  uint64_t last_seq;    /* 0 = no event yet */
  uint64_t epoch;       /* rises by one with every TAKE */
  uint8_t hash[32];     /* of the last event; zero when there is none */
  const asmgr_sink *owner; /* in: receives the owning host's id as one text, nothing when unowned; may be NULL */
} asmgr_head;

/* What a run has used so far, with everything the host knows; -1 = unknown. */
typedef struct asmgr_usage {
  uint32_t size;
  uint32_t quality; /* 0 absent, 1 estimated, 2 partial, 3 reported */
  int64_t input_tokens;
  int64_t cache_read_tokens;
  int64_t cache_write_tokens;
  int64_t output_tokens;
  int64_t reasoning_tokens;
  int64_t total_tokens;
  int64_t cost_micro_usd;
  int64_t elapsed_ms;
  int64_t tool_calls;
  int64_t turns;
} asmgr_usage;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_DATA_H_ */
