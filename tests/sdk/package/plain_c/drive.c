/* drive FILE: loads a provider plugin, starts one run and waits for its end. */
#include <asmgr/plugin.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int events, finishes;
static uint32_t finish_status;
static char result[256];

static asmgr_status set_error(void *ctx, asmgr_error *error, asmgr_status code, uint32_t flags, int64_t retry,
                              asmgr_str message, asmgr_str details) {
  (void)ctx, (void)error, (void)flags, (void)retry, (void)details;
  fprintf(stderr, "%.*s\n", (int)message.len, message.ptr);
  return code;
}

static int32_t cancelled(void *ctx, const asmgr_cancel *token) {
  (void)ctx, (void)token;
  return 0;
}

static uint32_t emit(void *ctx, const asmgr_array *array, uint32_t flags) {
  (void)ctx, (void)flags;
  pthread_mutex_lock(&mutex);
  events += (int)array->count;
  pthread_mutex_unlock(&mutex);
  return ASMGR_GO_ON;
}

static void finish(void *ctx, uint32_t status, asmgr_str json) {
  (void)ctx;
  pthread_mutex_lock(&mutex);
  ++finishes;
  finish_status = status;
  snprintf(result, sizeof result, "%.*s", (int)json.len, json.ptr);
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

static int fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 2) return fail("usage: drive FILE");
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return fail(dlerror());
  asmgr_plugin_entry_fn entry;
  *(void **)&entry = dlsym(library, ASMGR_ENTRY_SYMBOL);
  if (entry == NULL || entry() != entry()) return fail("the entry is missing or not pure");
  const asmgr_plugin *plugin = entry();
  const asmgr_component *component = ASMGR_AT(const asmgr_component, &plugin->components, 0);

  asmgr_host host;
  memset(&host, 0, sizeof host);
  host.size = sizeof host;
  host.set_error = set_error;
  host.cancelled = cancelled;
  asmgr_create create = {sizeof create, 0, &host, {"echo", 4}, {"{}", 2}};
  asmgr_instance *instance = NULL;
  if (component->create(&create, &instance, NULL) != ASMGR_OK) return fail("create failed");
  const asmgr_provider *provider = component->get_interface(ASMGR_IFACE_PROVIDER);
  if (!ASMGR_HAS(provider, start)) return fail("no provider table");

  asmgr_session session;
  asmgr_run run;
  asmgr_run_ctx ctx;
  memset(&session, 0, sizeof session);
  memset(&run, 0, sizeof run);
  memset(&ctx, 0, sizeof ctx);
  session.size = sizeof session;
  run.size = sizeof run;
  run.doc.ptr = "{\"input\":{}}";
  run.doc.len = strlen(run.doc.ptr);
  ctx.size = sizeof ctx;
  ctx.start = 1;
  ctx.session = &session;
  ctx.run = &run;
  ctx.emit = emit;
  ctx.finish = finish;
  if (provider->start(instance, &ctx, NULL) != ASMGR_OK) return fail("start failed");
  pthread_mutex_lock(&mutex);
  while (finishes == 0) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  component->destroy(instance);
  printf("%d event, finished %d time with %u: %s\n", events, finishes, finish_status, result);
  return 0;
}
