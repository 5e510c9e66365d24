/* Status codes: 0xCCNN, category and number. The numbers are fixed for ever; new ones are added.
 *
 * Every code of the error taxonomy has exactly one status here, and every status names one code of the taxonomy
 * (a few protocol answers share one, see the table in sdk/README.md). A reader that does not know NN uses the
 * category's 0xCC00. */
#ifndef ASMGR_ABI_STATUS_H_
#define ASMGR_ABI_STATUS_H_

#include <asmgr/abi/base.h>

enum {
  ASMGR_OK = 0,

  /* 01 validation: the caller's input is wrong; the same call fails again. */
  ASMGR_E_VALIDATION = 0x0100,
  ASMGR_E_INVALID_INPUT = 0x0101,
  ASMGR_E_MISSING_FIELD = 0x0102,
  ASMGR_E_INVALID_FORMAT = 0x0103,

  /* 02 state: the input is fine, the thing it speaks of is in another state. */
  ASMGR_E_INVALID_STATUS = 0x0200,
  ASMGR_E_INVALID_TRANSITION = 0x0201,
  ASMGR_E_INVALID_EVENT_TYPE = 0x0202,
  ASMGR_E_INVALID_CAPABILITY_TYPE = 0x0203,
  ASMGR_E_MISSING_CAPABILITY = 0x0204,
  ASMGR_E_STREAM_CLOSED = 0x0205,
  ASMGR_E_CONTEXT_MISMATCH = 0x0206,
  ASMGR_E_INVALID_CURSOR = 0x0207,
  ASMGR_E_SESSION_MISMATCH = 0x0208,
  ASMGR_E_RUN_MISMATCH = 0x0209,
  ASMGR_E_CURSOR_EXPIRED = 0x020A,
  ASMGR_E_IN_DOUBT = 0x020B,
  ASMGR_E_INPUT_REDACTED = 0x020C,
  ASMGR_E_IDEMPOTENCY_CONFLICT = 0x020D,
  ASMGR_E_SEQUENCE_CONFLICT = 0x020E, /* commit: the head is not at expected_last_seq */
  ASMGR_E_CONFLICT = 0x020F,          /* commit: a session, run or record is not at its expected version */
  ASMGR_E_STALE_EPOCH = 0x0210,       /* commit: somebody else owns the session, or took it since */

  /* 03 resource */
  ASMGR_E_NOT_FOUND = 0x0300,
  ASMGR_E_SESSION_NOT_FOUND = 0x0301,
  ASMGR_E_RUN_NOT_FOUND = 0x0302,
  ASMGR_E_CAPABILITY_NOT_FOUND = 0x0303,
  ASMGR_E_ALREADY_EXISTS = 0x0304, /* commit: an event flagged CALLER_ID is stored already */
  ASMGR_E_DUPLICATE_CAPABILITY = 0x0305,

  /* 04 provider: the other side of a provider said no, or said nothing. */
  ASMGR_E_PROVIDER = 0x0400,
  ASMGR_E_PROVIDER_UNAVAILABLE = 0x0401,  /* retryable */
  ASMGR_E_PROVIDER_RATE_LIMITED = 0x0402, /* retryable */
  ASMGR_E_PROVIDER_TIMEOUT = 0x0403,      /* retryable */
  ASMGR_E_PROVIDER_AUTH = 0x0404,
  ASMGR_E_PROVIDER_QUOTA = 0x0405,
  ASMGR_E_PLUGIN_CRASHED = 0x0406, /* retryable; said by the host only */
  ASMGR_E_PLUGIN_HUNG = 0x0407,    /* retryable; said by the host only */
  ASMGR_E_PLUGIN_MISBEHAVED = 0x0408,
  ASMGR_E_PLUGIN_DISABLED = 0x0409,

  /* 05 storage */
  ASMGR_E_STORAGE = 0x0500,
  ASMGR_E_STORAGE_CONNECTION = 0x0501, /* retryable */
  ASMGR_E_DEPENDENCY_NOT_AVAILABLE = 0x0502,
  ASMGR_E_MIGRATION_REQUIRED = 0x0503,
  ASMGR_E_STORAGE_WRITE = 0x0504,
  ASMGR_E_STORAGE_READ = 0x0505,
  ASMGR_E_STORAGE_FULL = 0x0506,      /* retryable */
  ASMGR_E_STORAGE_AMBIGUOUS = 0x0507, /* retryable; the outcome of a commit is unknown: read the heads */
  ASMGR_E_QUERY = 0x0508,
  ASMGR_E_MAINTENANCE = 0x0509,
  ASMGR_E_PERSISTENCE = 0x050A,
  ASMGR_E_BUSY = 0x050B, /* retryable; the write lock was not free in time: nothing was written */

  /* 06 runtime */
  ASMGR_E_INTERNAL = 0x0600,
  ASMGR_E_TIMEOUT = 0x0601, /* retryable */
  ASMGR_E_CANCELLED = 0x0602,
  ASMGR_E_POLICY_VIOLATION = 0x0603,
  ASMGR_E_UNKNOWN = 0x0604,
  ASMGR_E_HOST_TERMINATED = 0x0605, /* retryable */
  ASMGR_E_RECOVERY_EXHAUSTED = 0x0606,
  ASMGR_E_EXCEPTION = 0x0607, /* an exception was caught at the edge of the plugin */

  /* 07 concurrency */
  ASMGR_E_INVALID_OPERATION = 0x0700,
  ASMGR_E_MAX_SESSIONS = 0x0701,
  ASMGR_E_MAX_RUNS = 0x0702,
  ASMGR_E_UNSUPPORTED = 0x0703,
  ASMGR_E_LIMIT_EXCEEDED = 0x0704, /* commit: a bounded addition would pass its ceiling */

  /* 08 tool */
  ASMGR_E_TOOL = 0x0800,
  ASMGR_E_TOOL_NOT_FOUND = 0x0801,
  ASMGR_E_TOOL_EXECUTION_FAILED = 0x0802,
  ASMGR_E_TOOL_DENIED = 0x0803,
  ASMGR_E_COMMAND_NOT_FOUND = 0x0804,
  ASMGR_E_COMMAND_FAILED = 0x0805,
  ASMGR_E_COMMAND_TIMEOUT = 0x0806,

  /* 09 configuration */
  ASMGR_E_CONFIG_INVALID = 0x0900,
  ASMGR_E_PLUGIN_LOAD_FAILED = 0x0901,
  ASMGR_E_PLUGIN_ABI_MISMATCH = 0x0902
};

/* Flags of asmgr_host.set_error: override whether the code is worth another try. */
enum { ASMGR_ERR_RETRYABLE = 1u, ASMGR_ERR_PERMANENT = 2u };

#endif /* ASMGR_ABI_STATUS_H_ */
