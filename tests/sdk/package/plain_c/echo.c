/* A provider that answers every run with the run's own document. */
#include <asmgr/run_blocking.h>

#include <stdio.h>

/* An asmgr_instance of ours. */
typedef struct echo {
  const asmgr_host *host;
  asmgr_run_threads threads;
} echo;

static echo *self_of(asmgr_instance *instance) { return (echo *)(void *)instance; }

/* [its own thread] `doc` is JSON already, so it can be put into JSON as it is. */
static uint32_t run(void *user, const asmgr_run_ctx *ctx, asmgr_run_result *result) {
  echo *self = user;
  const asmgr_str doc = ctx->run->doc;
  const size_t capacity = doc.len + 32;
  char *json = malloc(capacity);
  if (json == NULL) return ASMGR_FINISH_FAILED;
  const int length = snprintf(json, capacity, "{\"output\":{\"echo\":%.*s}}", (int)doc.len, doc.ptr);
  result->json.ptr = json;
  result->json.len = (size_t)length;
  result->release = free;
  if (self->host->cancelled(self->host->ctx, ctx->cancel)) return ASMGR_FINISH_CANCELLED;
  if (asmgr_run_emit(ctx, ASMGR_EV_MESSAGE_RECEIVED, doc) == ASMGR_STOP) return ASMGR_FINISH_CANCELLED;
  return ASMGR_FINISH_COMPLETED;
}

static asmgr_status describe(asmgr_instance *instance, const asmgr_sink *json, asmgr_error *error) {
  asmgr_str text =
      asmgr_literal("{\"vendor\":\"example\",\"capabilities\":[],\"models\":[],\"grade\":\"observe\",\"usage\":\"delta\","
                    "\"heartbeat_ms\":0}");
  asmgr_array one = {&text, 1, sizeof text};
  (void)instance;
  (void)error;
  json->push(json->ctx, &one);
  return ASMGR_OK;
}

static asmgr_status start(asmgr_instance *instance, const asmgr_run_ctx *ctx, asmgr_error *error) {
  echo *self = self_of(instance);
  return asmgr_run_blocking(&self->threads, self->host, ctx, run, self, error);
}

/* The run looks at its token itself. */
static void cancel(asmgr_instance *instance, uint64_t start_id) {
  (void)instance;
  (void)start_id;
}

static const asmgr_provider provider_table = {sizeof provider_table, 0, describe, start, cancel};

static asmgr_status create(const asmgr_create *args, asmgr_instance **out, asmgr_error *error) {
  const asmgr_host *host = args->host;
  echo *self = malloc(sizeof *self);
  if (self == NULL)
    return host->set_error(host->ctx, error, ASMGR_E_INTERNAL, 0, 0, asmgr_literal("out of memory"), asmgr_literal(""));
  self->host = host;
  asmgr_run_threads_init(&self->threads);
  *out = (asmgr_instance *)(void *)self;
  return ASMGR_OK;
}

static void destroy(asmgr_instance *instance) {
  echo *self = self_of(instance);
  asmgr_run_threads_join(&self->threads);
  free(self);
}

static const void *get_interface(const char *id) {
  return strcmp(id, ASMGR_IFACE_PROVIDER) == 0 ? &provider_table : NULL;
}

/* asmgr_str of a literal, as a constant. */
#define TEXT(literal) {literal, sizeof(literal) - 1}

static asmgr_component components[] = {{sizeof components[0], ASMGR_KIND_PROVIDER, TEXT("echo"),
                                        TEXT("Answers a run with the run's own document"),
                                        TEXT("{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"),
                                        NULL, create, destroy, get_interface}};

static const asmgr_plugin plugin = {sizeof plugin,
                                    ASMGR_ABI_MAJOR,
                                    ASMGR_TARGET_MINOR,
                                    0,
                                    TEXT("org.example.echo"),
                                    TEXT("Example"),
                                    TEXT("1.0.0"),
                                    TEXT("MIT"),
                                    TEXT(""),
                                    TEXT(""),
                                    {components, 1, sizeof components[0]},
                                    NULL,
                                    NULL};

ASMGR_EXPORT const asmgr_plugin *asmgr_plugin_entry_v1(void) { return &plugin; }
