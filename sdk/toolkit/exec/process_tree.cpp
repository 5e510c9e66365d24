#include "process_tree.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "proc_file.hpp"

namespace asmgr::exec {
namespace {

// -1 unless the whole text is a positive decimal number.
pid_t parse_pid(const char* text) noexcept {
  std::int64_t value = 0;
  if (*text == '\0') return -1;
  for (; *text != '\0'; ++text) {
    if (*text < '0' || *text > '9') return -1;
    value = value * 10 + (*text - '0');
    if (value > INT32_MAX) return -1;
  }
  return static_cast<pid_t>(value);
}

// Calls visit(pid) for each numeric name in the directory; false when it cannot be opened.
template <typename Visit>
bool for_each_number(const char* directory, Visit visit) noexcept {
  struct Entry {  // linux_dirent64, which no libc header declares
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t length;
    std::uint8_t type;
    char name[1];
  };
  const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  alignas(Entry) char buffer[4096];
  for (;;) {
    const long got = syscall(SYS_getdents64, fd, buffer, sizeof buffer);
    if (got <= 0) break;
    for (long at = 0; at < got;) {
      std::uint16_t length = 0;
      std::memcpy(&length, buffer + at + offsetof(Entry, length), sizeof length);
      const pid_t pid = parse_pid(buffer + at + offsetof(Entry, name));
      if (pid > 0) visit(pid);
      at += length;
    }
  }
  close(fd);
  return true;
}

struct Status {
  pid_t parent = -1;
  pid_t session = -1;
  char state = '?';
};

// /proc/PID/stat: `pid (name) state ppid pgrp session ...`; the name may hold anything, also `) `.
Status read_status(pid_t pid) noexcept {
  Status status;
  char buffer[512];
  if (!read_beginning(ProcPath().text("/proc/").number(pid).text("/stat").c_str(), buffer, sizeof buffer))
    return status;
  const char* at = std::strrchr(buffer, ')');
  if (at == nullptr || at[1] != ' ' || at[2] == '\0') return status;
  status.state = at[2];
  at += 3;
  pid_t fields[3] = {-1, -1, -1};
  for (pid_t& field : fields) {
    if (*at != ' ') return status;
    ++at;
    field = 0;
    while (*at >= '0' && *at <= '9') field = field * 10 + (*at++ - '0');
  }
  status.parent = fields[0];
  status.session = fields[2];
  return status;
}

struct Listing {
  Descendant* table;
  std::size_t capacity;
  std::size_t count = 0;

  void add(pid_t pid, pid_t parent) noexcept {
    if (count < capacity) table[count++] = Descendant{pid, parent};
  }
};

// Appends the children that one thread has made. False when the kernel has no such file.
bool add_children_of_thread(pid_t process, pid_t thread, Listing& listing) noexcept {
  const int fd = open(ProcPath().text("/proc/").number(process).text("/task/").number(thread).text("/children").c_str(),
                      O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char buffer[1024];
  pid_t pid = 0;
  for (ssize_t got = 0; (got = read_some(fd, buffer, sizeof buffer)) > 0;) {
    for (ssize_t at = 0; at < got; ++at) {
      if (buffer[at] >= '0' && buffer[at] <= '9') {
        pid = pid * 10 + (buffer[at] - '0');
      } else if (pid > 0) {
        listing.add(pid, process);
        pid = 0;
      }
    }
  }
  close(fd);
  return true;
}

void add_children(pid_t process, Listing& listing) noexcept {
  for_each_number(ProcPath().text("/proc/").number(process).text("/task").c_str(),
                  [&](pid_t thread) { add_children_of_thread(process, thread, listing); });
}

bool descends_from(pid_t pid, pid_t ancestor) noexcept {
  for (int depth = 0; depth < 256 && pid > 1; ++depth) {
    pid = read_status(pid).parent;
    if (pid == ancestor) return true;
  }
  return false;
}

// For kernels without the `children` files: asks of every process who its ancestors are.
void add_by_ancestors(pid_t self, Listing& listing) noexcept {
  for_each_number("/proc", [&](pid_t pid) {
    if (pid != self && descends_from(pid, self)) listing.add(pid, read_status(pid).parent);
  });
}

}  // namespace

ssize_t read_some(int fd, char* buffer, std::size_t capacity) noexcept {
  ssize_t got = 0;
  do {
    got = read(fd, buffer, capacity);
  } while (got < 0 && errno == EINTR);
  return got;
}

bool read_beginning(const char* path, char* buffer, std::size_t capacity) noexcept {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t got = read_some(fd, buffer, capacity - 1);
  close(fd);
  if (got <= 0) return false;
  buffer[got] = '\0';
  return true;
}

std::size_t list_descendants(Descendant* table, std::size_t capacity) noexcept {
  Listing listing{table, capacity};
  const pid_t self = getpid();
  if (!add_children_of_thread(self, self, listing)) {
    add_by_ancestors(self, listing);
    return listing.count;
  }
  for (std::size_t next = 0; next < listing.count; ++next) add_children(table[next].pid, listing);
  return listing.count;
}

void signal_descendant(const Descendant& target, int signal) noexcept {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, target.pid, 0));
  if (handle < 0) return;
  // The handle names one process for good; only now is it worth asking whether it is the right one.
  const pid_t parent = read_status(target.pid).parent;
  if (parent == target.parent || parent == getpid()) {
    syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0);
    if (signal == SIGTERM) syscall(SYS_pidfd_send_signal, handle, SIGCONT, nullptr, 0);  // a stopped one must hear it
  }
  close(handle);
}

std::size_t kill_session(pid_t session) noexcept {
  std::size_t found = 0;
  const pid_t self = getpid();
  for_each_number("/proc", [&](pid_t pid) {
    if (pid == session || pid == self) return;
    const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (handle < 0) return;
    const Status status = read_status(pid);
    if (status.session == session && status.state != 'Z') {
      ++found;
      syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0);
    }
    close(handle);
  });
  return found;
}

}  // namespace asmgr::exec
