#include "tests/plugins/sqlite/faulty_vfs.hpp"

#include <sqlite3.h>

#include <new>

namespace asmgr::contract {
namespace {

struct Wrapped {
  sqlite3_file base;  // what SQLite sees
  FaultPlan* plan;
  bool log;  // only the write-ahead log fails: everything a commit does happens there
  // The real file follows.
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(Wrapped));
}
Wrapped& wrapped(sqlite3_file* file) {
  return *reinterpret_cast<Wrapped*>(file);
}

// Whether the countdown says that this one fails.
bool fails(FaultPlan& plan, std::atomic<std::int64_t>& left) {
  if (left < 0) return false;
  if (left > 0) {
    --left;
    return false;
  }
  if (!plan.stays) left = -1;
  ++plan.failed;
  return true;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  Wrapped& w = wrapped(file);
  if (w.log) {
    if (w.plan->bytes_left >= 0 && offset + size > w.plan->bytes_left) {
      ++w.plan->failed;
      return SQLITE_FULL;
    }
    if (fails(*w.plan, w.plan->writes_left)) return w.plan->code;
  }
  return real(file)->pMethods->xWrite(real(file), data, size, offset);
}

int sync(sqlite3_file* file, int flags) {
  Wrapped& w = wrapped(file);
  if (w.log && fails(*w.plan, w.plan->syncs_left)) return w.plan->code;
  return real(file)->pMethods->xSync(real(file), flags);
}

const sqlite3_io_methods kMethods = {
    3,
    [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    [](sqlite3_file* f, void* d, int n, sqlite3_int64 o) { return real(f)->pMethods->xRead(real(f), d, n, o); },
    &write,
    [](sqlite3_file* f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); },
    &sync,
    [](sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); },
    [](sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); },
    [](sqlite3_file* f, int l) { return real(f)->pMethods->xUnlock(real(f), l); },
    [](sqlite3_file* f, int* r) { return real(f)->pMethods->xCheckReservedLock(real(f), r); },
    [](sqlite3_file* f, int op, void* a) { return real(f)->pMethods->xFileControl(real(f), op, a); },
    [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    [](sqlite3_file* f, int p, int n, int e, void volatile** m) {
      return real(f)->pMethods->xShmMap(real(f), p, n, e, m);
    },
    [](sqlite3_file* f, int o, int n, int flags) { return real(f)->pMethods->xShmLock(real(f), o, n, flags); },
    [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    [](sqlite3_file* f, int d) { return real(f)->pMethods->xShmUnmap(real(f), d); },
    [](sqlite3_file* f, sqlite3_int64 o, int n, void** p) { return real(f)->pMethods->xFetch(real(f), o, n, p); },
    [](sqlite3_file* f, sqlite3_int64 o, void* p) { return real(f)->pMethods->xUnfetch(real(f), o, p); },
};

struct Registration {
  sqlite3_vfs vfs;
  sqlite3_vfs* unix_vfs;
  FaultPlan* plan;
};
Registration registration;

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  Registration& r = *static_cast<Registration*>(vfs->pAppData);
  const int code = r.unix_vfs->xOpen(r.unix_vfs, name, real(file), flags, out_flags);
  Wrapped* w = new (file) Wrapped{};
  w->plan = r.plan;
  w->log = (flags & SQLITE_OPEN_WAL) != 0;
  w->base.pMethods = real(file)->pMethods != nullptr ? &kMethods : nullptr;
  return code;
}

}  // namespace

FaultyVfs::FaultyVfs(FaultPlan& plan) {
  registration.unix_vfs = sqlite3_vfs_find("unix");
  registration.plan = &plan;
  registration.vfs = *registration.unix_vfs;
  registration.vfs.szOsFile = static_cast<int>(sizeof(Wrapped)) + registration.unix_vfs->szOsFile;
  registration.vfs.zName = "faulty";
  registration.vfs.pAppData = &registration;
  registration.vfs.pNext = nullptr;
  registration.vfs.xOpen = &open;
  sqlite3_vfs_register(&registration.vfs, 1);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&registration.vfs);
  sqlite3_vfs_register(registration.unix_vfs, 1);
}

}  // namespace asmgr::contract
