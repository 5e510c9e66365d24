/* What a plugin file is: one exported function that returns a description of its components. */
#ifndef ASMGR_ABI_PLUGIN_H_
#define ASMGR_ABI_PLUGIN_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/host.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ASMGR_KIND_STORE = 1,
  ASMGR_KIND_PROVIDER = 2,
  ASMGR_KIND_POLICY = 3,
  ASMGR_KIND_ARTIFACTS = 4,
  ASMGR_KIND_SINK = 5
};

/* What create gets. Borrowed for the call, except `host`. */
typedef struct asmgr_create {
  uint32_t size;
  uint32_t reserved0;
  const asmgr_host *host;
  asmgr_str instance_name; /* the key in the YAML file: for logs, metrics, messages */
  asmgr_str config_json;   /* an object, valid against config_schema, defaults filled in */
} asmgr_create;

typedef struct asmgr_component {
  uint32_t size;
  uint32_t kind;  /* ASMGR_KIND_* */
  asmgr_str name; /* [a-z][a-z0-9_-]*, unique within its kind in the plugin */
  asmgr_str summary;
  /* JSON Schema (the named subset in sdk/README.md) of the `config:` block: closed objects, every property with a
   * description and a default or listed as required; "x-secret": true on secrets, "x-path": true on paths,
   * "x-unit": "duration" | "size" on strings like 30s and 1MiB (they arrive as integer milliseconds and bytes).
   * Every provider has the property "permission_mode"; "x-meanings" there says what each mode does in it. */
  asmgr_str config_schema;

  /* [any] Says what a schema cannot say; no I/O. Problems are pushed as texts {"path": "/json/pointer", "message":
   * "..."}. May be NULL. */
  ASMGR_FN(asmgr_status, validate, const asmgr_host *, asmgr_str config_json, const asmgr_sink *problems,
           asmgr_error *);
  /* [init] Makes an instance; I/O is fine, waiting for the network is not: connect lazily. */
  ASMGR_FN(asmgr_status, create, const asmgr_create *, asmgr_instance **out, asmgr_error *);
  /* [init] Ends an instance: wakes every wait, joins every thread it started. */
  ASMGR_FN(void, destroy, asmgr_instance *);
  /* [any] Pure: the table for an interface id, or NULL. The same answer for the life of the process. */
  ASMGR_FN(const void *, get_interface, const char *id);
} asmgr_component;

typedef struct asmgr_plugin {
  uint32_t size;
  uint32_t abi_major; /* of the headers it was compiled with: ASMGR_ABI_MAJOR */
  uint32_t abi_minor; /* likewise: ASMGR_TARGET_MINOR */
  uint32_t min_host_minor; /* hosts below this minor refuse the plugin */
  asmgr_str id;            /* reverse DNS: com.example.mystore */
  asmgr_str vendor;
  asmgr_str version; /* semantic version */
  asmgr_str license; /* SPDX */
  asmgr_str url;
  asmgr_str build_id;
  asmgr_array components; /* of asmgr_component */
  ASMGR_FN(asmgr_status, init, const asmgr_host *, asmgr_error *); /* [init] once, before everything; may be NULL */
  ASMGR_FN(void, deinit, void);                                    /* [init] once, after the last destroy; may be NULL */
} asmgr_plugin;

#define ASMGR_ENTRY_SYMBOL "asmgr_plugin_entry_v1"
typedef const asmgr_plugin *(*asmgr_plugin_entry_fn)(void) ASMGR_NOEXCEPT;

/* The one exported symbol. Pure: no allocation, thread, I/O or look at the environment; the same pointer each time. */
ASMGR_EXPORT const asmgr_plugin *asmgr_plugin_entry_v1(void) ASMGR_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_PLUGIN_H_ */
