#include "host_locks.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asmgr/cpp/error.hpp>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "deadline.hpp"

namespace asmgr::sqlite_store {
namespace {

constexpr std::string_view kSuffix = ".lock";
constexpr std::size_t kLongestHostId = 100;  // every byte may take three in the file's name

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

[[noreturn]] void fail_on_lock(const std::string& what, int error) {
  throw sdk::StatusError(ASMGR_E_STORAGE_CONNECTION,
                         what + ": " + std::generic_category().message(error) +
                             "; the database's folder must be writable for every process that uses it");
}

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  int release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

// Whether the path still leads to the open file: a cleaner may have removed it in between.
bool is_still(int fd, const std::string& path) {
  struct stat open_file {};
  struct stat named {};
  return fstat(fd, &open_file) == 0 && stat(path.c_str(), &named) == 0 && open_file.st_ino == named.st_ino &&
         open_file.st_dev == named.st_dev;
}

}  // namespace

std::int64_t boot_clock_us() noexcept {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

HostLocks::~HostLocks() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, fd] : held_) close(fd);
}

std::string HostLocks::file_name(std::string_view host_id) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name;
  for (const char c : host_id) {
    if (plain(c)) {
      name += c;
    } else {
      name += '%';
      name += kDigits[static_cast<unsigned char>(c) >> 4];
      name += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return name.append(kSuffix);
}

void HostLocks::hold(std::string_view host_id) {
  if (host_id.empty() || host_id.size() > kLongestHostId)
    throw sdk::StatusError(ASMGR_E_INVALID_INPUT, "a host's id must have 1 to " + std::to_string(kLongestHostId) +
                                                      " bytes, this one has " + std::to_string(host_id.size()));
  const std::lock_guard lock(mutex_);
  const auto held = held_.find(host_id);
  if (held != held_.end()) return;

  if (mkdir(folder_.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    fail_on_lock("cannot make the folder '" + folder_ + "'", errno);
  const std::string path = path_of(host_id);
  const Deadline deadline(std::chrono::seconds(2));
  LockPause pause;
  do {
    Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.get() < 0) fail_on_lock("cannot open the lock file '" + path + "'", errno);
    // Another process holds it for the blink in which it looks whether this host lives.
    if (flock(file.get(), LOCK_EX | LOCK_NB) == 0 && is_still(file.get(), path)) {
      held_.emplace(std::string(host_id), file.release());
      return;
    }
  } while (pause.sleep_until(deadline));
  throw sdk::StatusError(ASMGR_E_STORAGE_CONNECTION, "the lock file '" + path + "' of host '" + std::string(host_id) +
                                                         "' is held by another process: two hosts have the same id");
}

void HostLocks::release(std::string_view host_id) {
  const std::lock_guard lock(mutex_);
  const auto held = held_.find(host_id);
  if (held == held_.end()) return;
  unlink(path_of(host_id).c_str());
  close(held->second);
  held_.erase(held);
}

HostLocks::Holder HostLocks::holder(std::string_view host_id) const {
  {
    const std::lock_guard lock(mutex_);
    if (held_.find(host_id) != held_.end()) return Holder::alive;
  }
  const Descriptor file(open(path_of(host_id).c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Holder::unknown;
  // Shared, so that two who look at once do not take each other for the host.
  if (flock(file.get(), LOCK_SH | LOCK_NB) != 0) return Holder::alive;
  return Holder::gone;
}

void HostLocks::remove_stale(const std::function<bool(std::string_view)>& known) const {
  std::error_code problem;
  const auto now = std::chrono::file_clock::now();
  for (const auto& entry : std::filesystem::directory_iterator(folder_, problem)) {
    const std::string name = entry.path().filename().string();
    const auto written = entry.last_write_time(problem);
    if (problem || now - written < std::chrono::minutes(1) || known(name)) continue;
    const Descriptor file(open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0 || flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (is_still(file.get(), entry.path().string())) unlink(entry.path().c_str());
  }
}

}  // namespace asmgr::sqlite_store
