/* What the host offers to a plugin. One table, append-only; test newer members with ASMGR_HAS. The table and
 * everything it hands out live until the process ends. */
#ifndef ASMGR_ABI_HOST_H_
#define ASMGR_ABI_HOST_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ASMGR_LOG_TRACE = 0, ASMGR_LOG_DEBUG = 1, ASMGR_LOG_INFO = 2, ASMGR_LOG_WARN = 3, ASMGR_LOG_ERROR = 4 };

enum { ASMGR_METRIC_COUNTER = 1, ASMGR_METRIC_GAUGE = 2, ASMGR_METRIC_HISTOGRAM = 3 };

typedef struct asmgr_host {
  uint32_t size;
  uint32_t minor; /* the host's ABI minor */
  void *ctx;      /* first argument of every function */
  asmgr_str name;
  asmgr_str version;

  /* [any] 1 when a line of this level would be written: ask before building an expensive one. */
  ASMGR_FN(int32_t, log_enabled, void *ctx, uint32_t level);
  /* [any] `fields_json` is an object or empty. Never log a secret: the host does not look into the text. */
  ASMGR_FN(void, log, void *ctx, uint32_t level, asmgr_str component, asmgr_str message, asmgr_str fields_json);

  /* [any] Wall clock, microseconds since the Unix epoch: for records. A test host may fake it. */
  ASMGR_FN(int64_t, now_us, void *ctx);
  /* [any] Monotonic nanoseconds: for durations and deadlines. */
  ASMGR_FN(int64_t, mono_ns, void *ctx);

  /* [any] Fills `err` (may be NULL) and returns `code`, so that a failing path is one line:
   *     return host->set_error(host->ctx, err, ASMGR_E_STORAGE_READ, 0, 0, message, details);
   * `message` says what failed, on what and what to do; the host adds which component and function it was.
   * `retry_after_ms` 0 = not known. `details_json` is an object or empty. Must be called before the function
   * returns; a non-zero return without it is legal and gets a generic sentence. */
  ASMGR_FN(asmgr_status, set_error, void *ctx, asmgr_error *err, asmgr_status code, uint32_t flags,
           int64_t retry_after_ms, asmgr_str message, asmgr_str details_json);

  /* [any] Registers a metric once and returns its handle; the same name gives the same handle. 0 = refused. */
  ASMGR_FN(uint32_t, metric, void *ctx, uint32_t kind, asmgr_str name, asmgr_str unit, asmgr_str help);
  ASMGR_FN(void, metric_add, void *ctx, uint32_t metric, double value); /* [any] */

  /* Three ways to see a cancel token. [any], all of them; a NULL token is never cancelled. */
  ASMGR_FN(int32_t, cancelled, void *ctx, const asmgr_cancel *token); /* one load */
  /* A descriptor that becomes readable once cancelled, for poll(); owned by the token, valid as long as it; -1
   * when the process has no descriptor left. Never read from it or close it. */
  ASMGR_FN(int32_t, cancel_fd, void *ctx, const asmgr_cancel *token);
  /* Sleeps until cancelled (returns 1) or `timeout_ns` has passed (returns 0). */
  ASMGR_FN(int32_t, wait, void *ctx, const asmgr_cancel *token, int64_t timeout_ns);

  /* [any] Optional host interfaces by id; NULL when absent. None are defined yet. */
  ASMGR_FN(const void *, extension, void *ctx, const char *id);
} asmgr_host;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_HOST_H_ */
