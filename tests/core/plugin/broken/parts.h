/* A plugin with one working provider, from static parts that each broken plugin spoils in its own way. */
#ifndef TESTS_CORE_PLUGIN_BROKEN_PARTS_H_
#define TESTS_CORE_PLUGIN_BROKEN_PARTS_H_

#include <asmgr/plugin.h>
#include <string.h>

#ifdef __cplusplus
#define PARTS_NOEXCEPT ASMGR_NOEXCEPT
#else
#define PARTS_NOEXCEPT
#endif

static const asmgr_host* parts_host;

static inline asmgr_str parts_text(const char* text) {
  asmgr_str result = {text, strlen(text)};
  return result;
}

static inline asmgr_status parts_fail(asmgr_error* error, asmgr_status code, const char* message) PARTS_NOEXCEPT {
  return parts_host->set_error(parts_host->ctx, error, code, 0, 0, parts_text(message), parts_text(""));
}

static inline asmgr_status parts_push(const asmgr_sink* sink, const char* text) PARTS_NOEXCEPT {
  asmgr_str item = parts_text(text);
  asmgr_array items = {&item, 1, sizeof item};
  sink->push(sink->ctx, &items);
  return ASMGR_OK;
}

static inline asmgr_status parts_create(const asmgr_create* arguments, asmgr_instance** out,
                                        asmgr_error* error) PARTS_NOEXCEPT {
  static int instance;
  (void)error;
  parts_host = arguments->host;
  *out = (asmgr_instance*)(void*)&instance;
  return ASMGR_OK;
}

static inline void parts_destroy(asmgr_instance* instance) PARTS_NOEXCEPT {
  (void)instance;
}

static inline asmgr_status parts_describe(asmgr_instance* instance, const asmgr_sink* sink,
                                          asmgr_error* error) PARTS_NOEXCEPT {
  (void)instance;
  (void)error;
  return parts_push(sink, "{\"vendor\":\"test\",\"grade\":\"observe\"}");
}

static inline asmgr_status parts_start(asmgr_instance* instance, const asmgr_run_ctx* run,
                                       asmgr_error* error) PARTS_NOEXCEPT {
  (void)instance;
  (void)error;
  run->finish(run->ctx, ASMGR_FINISH_COMPLETED, parts_text("{}"));
  return ASMGR_OK;
}

static inline void parts_cancel(asmgr_instance* instance, uint64_t start) PARTS_NOEXCEPT {
  (void)instance;
  (void)start;
}

static inline asmgr_provider* parts_provider(void) {
  static asmgr_provider table;
  table.size = sizeof table;
  table.describe = parts_describe;
  table.start = parts_start;
  table.cancel = parts_cancel;
  return &table;
}

static inline const void* parts_interface(const char* id) PARTS_NOEXCEPT {
  return strcmp(id, ASMGR_IFACE_PROVIDER) == 0 ? parts_provider() : NULL;
}

/* Room for three components; the plugin begins with one provider called "good". */
static inline asmgr_component* parts_component(int index) {
  static asmgr_component components[3];
  asmgr_component* component = &components[index];
  if (component->size == 0) {
    component->size = sizeof *component;
    component->kind = ASMGR_KIND_PROVIDER;
    component->name = parts_text("good");
    component->summary = parts_text("A part of a test");
    component->config_schema = parts_text("{\"type\":\"object\",\"additionalProperties\":false}");
    component->create = parts_create;
    component->destroy = parts_destroy;
    component->get_interface = parts_interface;
  }
  return component;
}

static inline asmgr_plugin* parts_plugin(void) {
  static asmgr_plugin plugin;
  plugin.size = sizeof plugin;
  plugin.abi_major = ASMGR_ABI_MAJOR;
  plugin.abi_minor = ASMGR_TARGET_MINOR;
  plugin.id = parts_text("org.asmgr.test");
  plugin.vendor = parts_text("asmgr");
  plugin.version = parts_text("1.0.0");
  plugin.license = parts_text("Apache-2.0");
  plugin.components.data = parts_component(0);
  plugin.components.count = 1;
  plugin.components.stride = sizeof(asmgr_component);
  return &plugin;
}

#endif /* TESTS_CORE_PLUGIN_BROKEN_PARTS_H_ */
