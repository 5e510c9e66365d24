/* The artifact store port: opaque bytes under a key, for what is too large for an event. All functions [any]. */
#ifndef ASMGR_ABI_ARTIFACTS_H_
#define ASMGR_ABI_ARTIFACTS_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASMGR_IFACE_ARTIFACTS "asmgr.artifacts/1"

/* One element of stat and list. */
typedef struct asmgr_artifact_info {
  uint32_t size;
  uint32_t reserved0;
  uint64_t bytes;
  int64_t created_us;
  uint8_t sha256[32];
  asmgr_str key;
  asmgr_str content_type;
} asmgr_artifact_info;

/* Where put takes its bytes from. */
typedef struct asmgr_byte_source {
  uint32_t size;
  uint32_t reserved0;
  void *ctx;
  /* [leaf] Writes at most `capacity` bytes to `buffer`; returns how many, 0 at the end, -1 to give up. */
  ASMGR_FN(int64_t, read, void *ctx, char *buffer, uint64_t capacity);
} asmgr_byte_source;

typedef struct asmgr_artifacts {
  uint32_t size;
  uint32_t reserved0;
  /* Stores the bytes whole or not at all; an existing key is replaced. `out` (may be NULL) gets one
   * asmgr_artifact_info. CANCELLED when the source gives up. */
  ASMGR_FN(asmgr_status, put, asmgr_instance *, asmgr_str key, asmgr_str content_type, const asmgr_byte_source *,
           const asmgr_sink *out, asmgr_error *);
  /* Pushes the bytes in order as texts of at most 1 MiB. NOT_FOUND. */
  ASMGR_FN(asmgr_status, get, asmgr_instance *, asmgr_str key, const asmgr_sink *chunks, asmgr_error *);
  ASMGR_FN(asmgr_status, stat, asmgr_instance *, asmgr_str key, const asmgr_sink *info, asmgr_error *);
  ASMGR_FN(asmgr_status, del, asmgr_instance *, asmgr_str key, asmgr_error *); /* a missing key is OK */
  /* In order of key, from after `after`, at most `limit` (0 = 1000). */
  ASMGR_FN(asmgr_status, list, asmgr_instance *, asmgr_str prefix, asmgr_str after, uint32_t limit,
           const asmgr_sink *infos, asmgr_error *);
} asmgr_artifacts;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_ARTIFACTS_H_ */
