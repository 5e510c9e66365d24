/* asmgr.store.maintenance/1, optional: what keeps a store small, and what shows that it is whole.
 *
 * What is kept and what goes is decided by the host; a store does as it is told and decides nothing. Every function is
 * [any], as a store's are, and is called while sessions go on: a write works in transactions of at most `batch_size`
 * rows, none of which holds a lock that a commit needs for longer than 100 ms (a store ends a transaction early when
 * its rows are large), and lets waiting commits in between two of them. Reads that take long (check, measure) hold no
 * such lock at all.
 *
 * An order is one JSON object, made by the host: exactly one of `prune`, `remove` and `compact`, and `batch_size`.
 *
 *   {"prune": {"session_id": text, "sequences": [[first, last], ...]}}
 *       takes data and metadata from these events. `sequences` rise and do not overlap; both ends are included, and
 *       numbers begin at 1.
 *   {"remove": {"session_id": text, "epoch": integer}}
 *       removes the rows of the session and of its runs, events and records.
 *   {"compact": {}}
 *       gives the space of what is gone back to the system.
 *   "batch_size": rows per transaction, 1 to 100000; 1000 when missing.
 *
 * Whatever cannot be read so (another key, a missing one, a wrong type, ranges out of order) is VALIDATION, and nothing
 * has been changed. */
#ifndef ASMGR_ABI_STORE_MAINTENANCE_H_
#define ASMGR_ABI_STORE_MAINTENANCE_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/data.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASMGR_IFACE_STORE_MAINTENANCE "asmgr.store.maintenance/1"

/* One element of sizes(). */
typedef struct asmgr_session_size {
  uint32_t size;
  uint32_t reserved0;
  asmgr_str id;
  uint64_t events;     /* that have not been pruned */
  uint64_t text_bytes; /* of their data and metadata, as they crossed the boundary */
} asmgr_session_size;

typedef struct asmgr_store_maintenance {
  uint32_t size;
  uint32_t reserved0;

  /* Carries out one order. The report is one JSON object as one text, pushed when the answer is OK.
   *
   * prune    {"events_pruned": n}: how many events lost their text now. Events that had none, and numbers that do not
   *          exist, are no error and do not count. A pruned event gets the flag ASMGR_EVENT_PRUNED and empty data and
   *          metadata; number, time, ids, names, hash and body_hash stay, so that the chain still holds. Head, version
   *          and owner of the session do not change, no ownership is needed, and no change is announced: who follows
   *          the session has read these events. SESSION_NOT_FOUND.
   * remove   {"rows_removed": n}: how many rows went: the session's own, and those of its runs, events and records; a
   *          missing session is 0. STALE_EPOCH, and nothing is changed, unless `epoch` is the head's and nobody alive
   *          owns the session. The first transaction makes the session unknown to every reader, announces it as a
   *          change (asmgr.store.changes/1), and frees its id and those of its runs and records: another session may
   *          have them at once. The rest goes in further transactions.
   * compact  {"bytes_freed": n}: how many bytes the system has got back, or gets back as soon as no reader needs them;
   *          0 when that is unknown. In steps that keep the 100 ms. A store whose space cannot be given back so does
   *          nothing.
   *
   * A process that is killed in the middle of prune leaves some events pruned and the others not: the same order again
   * prunes the rest. One that is killed in the middle of remove, after its first transaction, leaves rows that no
   * reader sees; the next remove (of whatever session) or compact of any process removes them first, without counting
   * them.
   *
   * Once cancelled, the store stops after the transaction it is in and answers OK: what was done stays done and is
   * counted; the same order again does the rest (of a remove that was cancelled after its first transaction: as above).
   * An error in the middle (BUSY, STORAGE_WRITE, ...) leaves what was done before it done, too. Two orders at once, of
   * one process or of two, are fine. */
  ASMGR_FN(asmgr_status, retain, asmgr_instance *, asmgr_str order_json, const asmgr_cancel *,
           const asmgr_sink *report_json, asmgr_error *);

  /* Looks at everything and pushes one JSON object as one text for every problem found:
   *
   *   {"kind", "session_id" (may be empty), "message": a sentence}
   *     orphan     rows that belong to no session
   *     gap        numbers of events that are missing, or there twice
   *     head       a head that is not where its session's events end, or that counts them wrongly
   *     checksum   a row that is not as the store wrote it
   *     damaged    a part of the file or of the tables that cannot be read, or that contradicts another one
   *
   * Problems are no failures: what cannot be read is told as `damaged`, and the search goes on where it can. Event
   * chains are not followed: that is the host's `verify`. Rows of a removed session that nobody has cleaned up yet are
   * no problem, and a record may name a session that does not exist. Nothing is changed. A session that is written to
   * meanwhile is seen as it was at one moment.
   *
   * OK at the end, and when the sink wants no more. CANCELLED when the token ended it before: what was found has been
   * pushed, but not everything has been looked at. */
  ASMGR_FN(asmgr_status, check, asmgr_instance *, const asmgr_cancel *, const asmgr_sink *problems, asmgr_error *);

  /* Of asmgr_session_size: sessions in order of id, deleted ones too, from after `after_id` (empty = from the first),
   * at most `limit` of them (0 = 1000). Fewer than that: these were the last. */
  ASMGR_FN(asmgr_status, sizes, asmgr_instance *, asmgr_str after_id, uint32_t limit, const asmgr_sink *session_sizes,
           asmgr_error *);

  /* One JSON object as one text, all integers of at least 0:
   *   schema_version   of the store's own layout, 0 when it has none
   *   bytes            that it occupies, 0 when unknown
   *   free_bytes       of these, those that compact would give back, 0 when unknown
   *   sessions, runs, events, records    rows; deleted sessions count, removed ones do not
   *   pruned_events    of the events, those without their text */
  ASMGR_FN(asmgr_status, measure, asmgr_instance *, const asmgr_sink *json, asmgr_error *);
} asmgr_store_maintenance;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_STORE_MAINTENANCE_H_ */
