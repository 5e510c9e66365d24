/* The store port. A store keeps sessions, runs, events and records, has exactly one write (commit), and checks what
 * the engine claims: who owns a session, what the last number is, which version a row has. It never invents a
 * number, a time or an id, and never looks into JSON.
 *
 * Every function is [any]: a store locks for itself. Every read and delete takes a tenant: empty means "no
 * restriction", otherwise an id of another tenant is answered exactly as one that does not exist. */
#ifndef ASMGR_ABI_STORE_H_
#define ASMGR_ABI_STORE_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/data.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASMGR_IFACE_STORE "asmgr.store/1"
#define ASMGR_IFACE_STORE_CHANGES "asmgr.store.changes/1"

enum {
  ASMGR_UNIT_TAKE = 1u,   /* become the owner: epoch and expected_last_seq are what the head said (0 and 0 for a new
                             session); if they still hold and the session is unowned, or its owner is dead or is
                             `owner` itself, the head gets (owner, epoch + 1) in this same unit */
  ASMGR_UNIT_RELEASE = 2u /* after this unit the session has no owner; the epoch stays */
};

/* One atomic write, of one session or of none (records only). */
typedef struct asmgr_commit_unit {
  uint32_t size;
  uint32_t flags;       /* ASMGR_UNIT_* */
  asmgr_str session_id; /* empty: records only */
  asmgr_str owner;      /* the host's id */
  uint64_t epoch;
  uint64_t expected_last_seq;   /* the head's last number before this unit; the events continue it without a gap */
  const asmgr_session *session; /* NULL = the row stays as it is */
  asmgr_array runs;             /* of asmgr_run */
  asmgr_array events;           /* of asmgr_event, numbered and chained */
  asmgr_array records;          /* of asmgr_record */
} asmgr_commit_unit;
/* A unit with neither events nor session row needs no ownership: it says epoch 0 and expected_last_seq
 * ASMGR_SEQ_UNCHECKED, and neither is checked. If it names a session, that session must exist (SESSION_NOT_FOUND). */

/* One element of asmgr_commit_result.existing. */
typedef struct asmgr_existing_event {
  uint32_t size;
  uint32_t index; /* into the unit's events */
  uint64_t seq;   /* the number the stored event has */
  asmgr_str id;
} asmgr_existing_event;

/* Host-owned and host-initialised, one per unit, in the same order; the store fills status, last_seq, epoch. */
typedef struct asmgr_commit_result {
  uint32_t size;
  asmgr_status status; /* OK, or why this unit, and only this one, has written nothing */
  uint64_t last_seq;   /* of the head: after the unit when OK, as found when refused */
  uint64_t epoch;      /* of the head, likewise */
  int64_t value;       /* on LIMIT_EXCEEDED the counter's present value */
  asmgr_error *error;  /* details for status; may be NULL */
  const asmgr_sink *existing; /* of asmgr_existing_event, on ALREADY_EXISTS; may be NULL */
} asmgr_commit_result;

typedef struct asmgr_session_query {
  uint32_t size;
  uint32_t status_mask; /* bit 1u << ASMGR_SESSION_*; 0 = any */
  asmgr_str tenant;
  asmgr_str agent_id; /* empty = any */
  asmgr_str tag;      /* empty = any; sessions whose doc has it among its tags: a store may ignore it (the host filters again) */
  asmgr_str after_id; /* keyset: only ids after this one */
  uint32_t limit;     /* 0 = 1000 */
  uint32_t include_deleted;
} asmgr_session_query; /* answers in order of id */

typedef struct asmgr_run_query {
  uint32_t size;
  uint32_t status_mask; /* bit 1u << ASMGR_RUN_*; 0 = any */
  asmgr_str tenant;
  asmgr_str session_id; /* empty = any */
  asmgr_str after_id;
  uint32_t limit; /* 0 = 1000 */
  uint32_t reserved0;
} asmgr_run_query; /* answers in order of id */

enum { ASMGR_ORDER_ASC = 0, ASMGR_ORDER_DESC = 1 };

typedef struct asmgr_event_query {
  uint32_t size;
  uint32_t limit; /* 0 = 1000 */
  asmgr_str tenant;
  asmgr_str session_id;
  asmgr_str run_id;  /* empty = any */
  asmgr_array types; /* of text, type names; empty = any */
  int64_t since_us;  /* only events at or after this time; INT64_MIN = any */
  uint64_t after;    /* only numbers above; 0 = any */
  uint64_t before;   /* only numbers below; 0 = any */
  uint32_t order;    /* ASMGR_ORDER_*, of the numbers */
  uint32_t reserved0;
} asmgr_event_query; /* filters are ANDed, limit comes last */

typedef struct asmgr_record_query {
  uint32_t size;
  uint32_t limit; /* 0 = 1000 */
  asmgr_str tenant;
  asmgr_str kind;
  asmgr_str status;     /* empty = any */
  asmgr_str session_id; /* empty = any */
  int64_t due_before_us; /* 0 = any; else only rows with a due time before this */
  asmgr_str after_id;
} asmgr_record_query; /* answers in order of id; a page never ends between records of one id (of several tenants), but
                         goes beyond its limit with them: the next page, by id, would leave the others out */

/* One element of hosts(). */
typedef struct asmgr_host_row {
  uint32_t size;
  uint32_t alive; /* by the store's own clock (and, where it can tell, at once when the process is gone) */
  int64_t expires_us;
  asmgr_str id;
} asmgr_host_row;

typedef struct asmgr_store {
  uint32_t size;
  uint32_t reserved0;

  /* One JSON object as one text:
   *   durable        bool    what was committed survives the process
   *   multi_process  bool    other processes may use the same data at the same time (needs asmgr.store.changes/1)
   *   fast_commit    bool    commit usually returns within a millisecond: the host may call it on an engine thread
   *   readers        int     how many reads may usefully run at once
   *   limits         object  {"max_event_bytes", ...} */
  ASMGR_FN(asmgr_status, describe, asmgr_instance *, const asmgr_sink *json, asmgr_error *);

  /* The only write. `units` of asmgr_commit_unit, `results` of asmgr_commit_result, equally many.
   *
   * In one transaction the store first checks every unit (head, owner, epoch, versions, record conditions), leaves
   * out those that fail (STALE_EPOCH, SEQUENCE_CONFLICT, CONFLICT, ALREADY_EXISTS, LIMIT_EXCEEDED,
   * SESSION_NOT_FOUND: they have written nothing), writes the others, commits, and only then fills the results. Two
   * units of one call never name the same session, but may touch the same records: the later one sees the earlier
   * one's effect. If a statement fails in between, everything is rolled back and each unit is tried alone, in order.
   *
   * Returns OK when every result is filled. BUSY: the write lock was not free within `wait_us` (UINT64_MAX: the
   * store's own limit); nothing was written, results are untouched. STORAGE_AMBIGUOUS: nobody knows; the host reads
   * the heads. Any other error: nothing was written. After an error the same units may be sent again. */
  ASMGR_FN(asmgr_status, commit, asmgr_instance *, const asmgr_array *units, const asmgr_array *results,
           uint64_t wait_us, asmgr_error *);

  /* SESSION_NOT_FOUND when there is none. */
  ASMGR_FN(asmgr_status, head, asmgr_instance *, asmgr_str session_id, asmgr_head *out, asmgr_error *);

  /* Host rows: a host renews its own every third of its time to live; an owner without a living row is dead.
   * `ttl_ms` 0 removes the row (a clean end). `*expires_us` is by the store's clock. */
  ASMGR_FN(asmgr_status, host_renew, asmgr_instance *, asmgr_str host_id, uint64_t ttl_ms, int64_t *expires_us,
           asmgr_error *);
  ASMGR_FN(asmgr_status, hosts, asmgr_instance *, const asmgr_sink *host_rows, asmgr_error *);

  /* Deleted sessions are returned too: `deleted_us` says so. */
  ASMGR_FN(asmgr_status, get_session, asmgr_instance *, asmgr_str tenant, asmgr_str id, const asmgr_sink *session,
           asmgr_error *);
  ASMGR_FN(asmgr_status, list_sessions, asmgr_instance *, const asmgr_session_query *, const asmgr_sink *sessions,
           asmgr_error *);
  /* Removes the rows of the session and of its runs, events and records. Refused (STALE_EPOCH) unless `epoch` is
   * the head's. A missing session is OK. */
  ASMGR_FN(asmgr_status, delete_session, asmgr_instance *, asmgr_str tenant, asmgr_str id, uint64_t epoch,
           asmgr_error *);

  ASMGR_FN(asmgr_status, get_run, asmgr_instance *, asmgr_str tenant, asmgr_str id, const asmgr_sink *run,
           asmgr_error *); /* RUN_NOT_FOUND */
  ASMGR_FN(asmgr_status, list_runs, asmgr_instance *, const asmgr_run_query *, const asmgr_sink *runs,
           asmgr_error *);

  /* An unknown session has no events: OK, nothing pushed. */
  ASMGR_FN(asmgr_status, get_events, asmgr_instance *, const asmgr_event_query *, const asmgr_sink *events,
           asmgr_error *);

  ASMGR_FN(asmgr_status, get_record, asmgr_instance *, asmgr_str tenant, asmgr_str kind, asmgr_str id,
           const asmgr_sink *record, asmgr_error *); /* NOT_FOUND */
  ASMGR_FN(asmgr_status, list_records, asmgr_instance *, const asmgr_record_query *, const asmgr_sink *records,
           asmgr_error *);
} asmgr_store;

/* ---- asmgr.store.changes/1: required of stores that say multi_process ------------------------------------------- */

/* What a unit touched. `kinds` is a set of bits. */
enum {
  ASMGR_CHANGED_EVENTS = 1u,
  ASMGR_CHANGED_SESSION = 2u,
  ASMGR_CHANGED_RUNS = 4u,
  ASMGR_CHANGED_RECORDS = 8u
};

typedef struct asmgr_change {
  uint32_t size;
  uint32_t kinds;
  uint64_t change; /* store-wide, rising */
  uint64_t last_seq;
  asmgr_str session_id; /* empty for records without a session */
} asmgr_change;

/* A hint, not a log: old changes may be forgotten and several of one session may be merged. A reader re-reads the
 * session by cursor. */
typedef struct asmgr_store_changes {
  uint32_t size;
  uint32_t reserved0;
  /* Changes above `after`, oldest first, of asmgr_change. CURSOR_EXPIRED when changes above `after` have been
   * forgotten: everything may have changed; go on from latest(). */
  ASMGR_FN(asmgr_status, read, asmgr_instance *, uint64_t after, uint32_t limit, const asmgr_sink *changes,
           asmgr_error *);
  ASMGR_FN(asmgr_status, latest, asmgr_instance *, uint64_t *change, asmgr_error *);
  /* Blocks until a change above `after` may exist, `timeout_ms` has passed or the token is cancelled; always OK
   * then. Wakes within 50 ms of a commit of another process, at once for one of this process. */
  ASMGR_FN(asmgr_status, wait, asmgr_instance *, uint64_t after, uint64_t timeout_ms, const asmgr_cancel *,
           asmgr_error *);
} asmgr_store_changes;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_STORE_H_ */
