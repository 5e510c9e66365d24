/* The sink port: somewhere events are delivered to, at least once, in order per session. */
#ifndef ASMGR_ABI_SINK_H_
#define ASMGR_ABI_SINK_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/data.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASMGR_IFACE_SINK "asmgr.sink/1"

typedef struct asmgr_event_sink {
  uint32_t size;
  uint32_t reserved0;
  /* [any] One JSON object as one text: {"max_batch": int, "topics": bool}. */
  ASMGR_FN(asmgr_status, describe, asmgr_instance *, const asmgr_sink *json, asmgr_error *);
  /* [any], one call at a time per instance, may block until `cancel`. OK: all of them are delivered and will not
   * come again. Any error: none counts as delivered; the host tries again later. `topic` may be empty. */
  ASMGR_FN(asmgr_status, publish, asmgr_instance *, const asmgr_array *events, asmgr_str topic,
           const asmgr_cancel *, asmgr_error *);
} asmgr_event_sink;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_SINK_H_ */
