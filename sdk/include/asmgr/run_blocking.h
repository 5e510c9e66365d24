/* For providers written in C: runs one start as a plain function on a thread of its own, and finishes it.
 *
 *   static uint32_t run(void *user, const asmgr_run_ctx *ctx, asmgr_run_result *result) {
 *     if (asmgr_run_emit(ctx, ASMGR_EV_MESSAGE_RECEIVED, data) == ASMGR_STOP) return ASMGR_FINISH_CANCELLED;
 *     return ASMGR_FINISH_COMPLETED;
 *   }
 *   start:   return asmgr_run_blocking(&self->threads, host, ctx, run, self, error);
 *   destroy: asmgr_run_threads_join(&self->threads);
 *
 * Needs POSIX threads; with a strict -std=c11 define _POSIX_C_SOURCE as 200809L before the first include. */
#ifndef ASMGR_RUN_BLOCKING_H_
#define ASMGR_RUN_BLOCKING_H_

#include <asmgr/plugin.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#if !defined(_POSIX_C_SOURCE) || _POSIX_C_SOURCE < 199506L
#error "define _POSIX_C_SOURCE as 200809L before the first include: this header needs pthread_sigmask"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What the function says besides its status. `json` as in asmgr_run_ctx.finish; untouched it is {}. Where `release` is
 * set it is called with json.ptr once the run is finished (free, say). */
typedef struct asmgr_run_result {
  asmgr_str json;
  void (*release)(void *memory);
} asmgr_run_result;

/* Carries out one run and returns ASMGR_FINISH_*. It must not call ctx->finish. All signals are blocked on its thread. It
 * learns of a cancel from ctx->cancel and from emit answering ASMGR_STOP, and returns soon then. */
typedef uint32_t (*asmgr_run_fn)(void *user, const asmgr_run_ctx *ctx, asmgr_run_result *result);

typedef struct asmgr_run_thread {
  struct asmgr_run_thread *next;
  struct asmgr_run_threads *owner;
  const asmgr_run_ctx *ctx;
  asmgr_run_fn run;
  void *user;
  pthread_t thread;
  uint64_t done; /* guarded by the owner's mutex */
} asmgr_run_thread;

/* All threads of one instance. */
typedef struct asmgr_run_threads {
  pthread_mutex_t mutex;
  asmgr_run_thread *first;
} asmgr_run_threads;

static inline asmgr_str asmgr_literal(const char *text) {
  asmgr_str out;
  out.ptr = text;
  out.len = strlen(text);
  return out;
}

/* Before the first run, in create. */
static inline void asmgr_run_threads_init(asmgr_run_threads *threads) {
  pthread_mutex_init(&threads->mutex, NULL);
  threads->first = NULL;
}

/* Hands over one event, waiting for room. `data_json` is an object. Returns ASMGR_GO_ON or ASMGR_STOP. */
static inline uint32_t asmgr_run_emit(const asmgr_run_ctx *ctx, uint32_t type, asmgr_str data_json) {
  asmgr_event event;
  asmgr_array events;
  memset(&event, 0, sizeof event);
  event.size = (uint32_t)sizeof event;
  event.schema = 1;
  event.type = type;
  event.data = data_json;
  events.data = &event;
  events.count = 1;
  events.stride = (uint32_t)sizeof event;
  return ctx->emit(ctx->ctx, &events, ASMGR_EMIT_MAY_BLOCK);
}

static inline void *asmgr_run_thread_main(void *argument) {
  asmgr_run_thread *self = (asmgr_run_thread *)argument;
  asmgr_run_threads *owner = self->owner;
  asmgr_run_result result;
  uint32_t status;
  result.json = asmgr_literal("{}");
  result.release = NULL;
  status = self->run(self->user, self->ctx, &result);
  self->ctx->finish(self->ctx->ctx, status, result.json);
  if (result.release != NULL) result.release((void *)(uintptr_t)result.json.ptr);
  pthread_mutex_lock(&owner->mutex);
  self->done = 1;
  pthread_mutex_unlock(&owner->mutex);
  return NULL;
}

/* Takes the threads that are done (or all) out of the list and joins them. */
static inline void asmgr_run_threads_reap(asmgr_run_threads *threads, int all) {
  asmgr_run_thread *reaped = NULL;
  asmgr_run_thread **link;
  pthread_mutex_lock(&threads->mutex);
  link = &threads->first;
  while (*link != NULL) {
    asmgr_run_thread *thread = *link;
    if (all || thread->done) {
      *link = thread->next;
      thread->next = reaped;
      reaped = thread;
    } else {
      link = &thread->next;
    }
  }
  pthread_mutex_unlock(&threads->mutex);
  while (reaped != NULL) {
    asmgr_run_thread *next = reaped->next;
    pthread_join(reaped->thread, NULL);
    free(reaped);
    reaped = next;
  }
}

/* Starts run(user, ctx, ...) on a new thread; what provider.start returns. Not OK: nothing has begun. */
static inline asmgr_status asmgr_run_blocking(asmgr_run_threads *threads, const asmgr_host *host,
                                              const asmgr_run_ctx *ctx, asmgr_run_fn run, void *user,
                                              asmgr_error *error) {
  sigset_t all, before;
  int failed;
  asmgr_run_thread *thread = (asmgr_run_thread *)calloc(1, sizeof *thread);
  if (thread == NULL)
    return host->set_error(host->ctx, error, ASMGR_E_INTERNAL, 0, 0, asmgr_literal("out of memory"),
                           asmgr_literal(""));
  asmgr_run_threads_reap(threads, 0);
  thread->owner = threads;
  thread->ctx = ctx;
  thread->run = run;
  thread->user = user;
  sigfillset(&all);
  /* The thread takes its turn at the mutex only at its end, so it cannot be reaped before it is in the list. */
  pthread_mutex_lock(&threads->mutex);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  failed = pthread_create(&thread->thread, NULL, asmgr_run_thread_main, thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!failed) {
    thread->next = threads->first;
    threads->first = thread;
  }
  pthread_mutex_unlock(&threads->mutex);
  if (!failed) return ASMGR_OK;
  free(thread);
  return host->set_error(host->ctx, error, ASMGR_E_PROVIDER_UNAVAILABLE, 0, 0,
                         asmgr_literal("cannot start a thread for the run: too many threads or too little memory"),
                         asmgr_literal(""));
}

/* In destroy, after every run was cancelled: waits for all of them. */
static inline void asmgr_run_threads_join(asmgr_run_threads *threads) {
  asmgr_run_threads_reap(threads, 1);
  pthread_mutex_destroy(&threads->mutex);
}

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_RUN_BLOCKING_H_ */
