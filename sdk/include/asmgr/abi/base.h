/* The vocabulary every other header of the boundary uses: strings, arrays, sinks, errors, cancellation.
 *
 * Rules that hold for the whole boundary (each with what breaks without it):
 *   size     Every struct that crosses begins with `uint32_t size`, set by whoever made it to the sizeof it was
 *            compiled with. A member is read only if it lies within `size` (and, for a function, is non-null).
 *            Without it a plugin built last year would be read past its end.
 *   growth   Structs and tables only grow, at the end. Nothing is reordered, reused or removed.
 *   strings  {ptr,len}, UTF-8, not NUL-terminated. len 0 is the empty string whatever ptr is.
 *   borrow   A pointer passed into a call, in either direction, is valid until that call returns; who wants to
 *            keep the bytes copies them. The one exception is asmgr_run_ctx (see provider.h).
 *   free     Nothing is freed across the boundary and no allocator crosses it: results are pushed into a sink
 *            of the caller's during the call, errors are filled into an object of the host's.
 *   throw    No exception, longjmp or exit crosses. In C++17 and later the function pointer types are noexcept,
 *            so that a throwing function does not compile into a table.
 *
 * Thread tags, one on every function:
 *   [init]   on the host's main thread, never concurrent with another call into the plugin
 *   [any]    on any thread, concurrently with itself and with every other function
 *   [run]    serial within one run; different runs concurrently on different threads
 *   [leaf]   must return soon and must not call back into the object whose call is on the stack
 * The host holds no lock while it is inside a plugin.
 */
#ifndef ASMGR_ABI_BASE_H_
#define ASMGR_ABI_BASE_H_

#include <stddef.h>
#include <stdint.h>

#define ASMGR_ABI_MAJOR 1u
#define ASMGR_ABI_MINOR 0u

/* Define this to the lowest minor that has what you use: names that came later then do not exist at compile
 * time, and hosts of that minor on will load the plugin. */
#ifndef ASMGR_TARGET_MINOR
#define ASMGR_TARGET_MINOR ASMGR_ABI_MINOR
#endif
#if ASMGR_TARGET_MINOR > ASMGR_ABI_MINOR
#error "ASMGR_TARGET_MINOR is newer than this SDK: install a newer SDK or lower the target"
#endif

#if defined(__cplusplus) && __cplusplus >= 201703L
#define ASMGR_NOEXCEPT noexcept
#else
#define ASMGR_NOEXCEPT
#endif

#define ASMGR_EXPORT __attribute__((visibility("default")))

/* Declares a function pointer member of a table. */
#define ASMGR_FN(ret, name, ...) ret (*name)(__VA_ARGS__) ASMGR_NOEXCEPT

/* True when `table` (of any minor) has the function `member`. */
#define ASMGR_HAS(table, member)                                                                         \
  ((table) != NULL &&                                                                                    \
   (table)->size >= offsetof(__typeof__(*(table)), member) + sizeof((table)->member) &&                  \
   (table)->member != NULL)

/* True when the data member `member` lies within what the maker of `*object` knew. */
#define ASMGR_WITHIN(object, member)                                                                     \
  ((object)->size >= offsetof(__typeof__(*(object)), member) + sizeof((object)->member))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct asmgr_str {
  const char *ptr;
  size_t len;
} asmgr_str;

/* Elements are `stride` bytes apart, so that an element may grow in a later minor: never index `data` as a C
 * array, use ASMGR_AT. `count` 0 is the empty array whatever `data` is. */
typedef struct asmgr_array {
  void *data;
  uint32_t count;
  uint32_t stride;
} asmgr_array;

#define ASMGR_AT(type, array, index) \
  ((type *)(void *)((char *)(array)->data + (size_t)(index) * (array)->stride))

/* 0 is success, else 0xCCNN: category and number, see status.h. An unknown NN means "its category". */
typedef uint32_t asmgr_status;

/* Host-owned. Filled by asmgr_host.set_error; NULL means that the caller wants no details. */
typedef struct asmgr_error asmgr_error;

/* Host-owned, sticky: once cancelled it stays so. See host.h for the three ways to look at it. */
typedef struct asmgr_cancel asmgr_cancel;

/* Plugin-owned: made by asmgr_component.create, ended by destroy. The first argument of every table function. */
typedef struct asmgr_instance asmgr_instance;

/* How results leave a call. The callee pushes zero or more arrays on the calling thread before it returns; the
 * caller copies what it keeps. The element type is fixed per function and stands beside it; "text" means one
 * asmgr_str per element. */
typedef struct asmgr_sink {
  uint32_t size;
  uint32_t reserved0;
  void *ctx;
  /* [leaf] 0 = go on, 1 = the caller has enough: push nothing more and return ASMGR_OK. */
  ASMGR_FN(int32_t, push, void *ctx, const asmgr_array *items);
} asmgr_sink;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_BASE_H_ */
