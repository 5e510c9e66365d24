#include "tests/e2e/support/processes.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

namespace asmgr::e2e {

std::string new_sleep_marker() {
  static std::atomic<int> count{0};
  // The digits behind the point are what is unique.
  return "3600." + std::to_string(1'000'000 + ::getpid()) + std::to_string(1000 + count++);
}

std::vector<pid_t> processes_with(const std::string& marker) {
  std::vector<pid_t> found;
  DIR* processes = ::opendir("/proc");
  if (processes == nullptr) return found;
  while (const dirent* entry = ::readdir(processes)) {
    const int pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    const int file = ::open(("/proc/" + std::to_string(pid) + "/cmdline").c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    char buffer[8192];
    const ssize_t got = ::read(file, buffer, sizeof buffer);
    ::close(file);
    if (got > 0 && std::string_view(buffer, static_cast<std::size_t>(got)).find(marker) != std::string_view::npos) {
      found.push_back(pid);
    }
  }
  ::closedir(processes);
  return found;
}

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  return true;
}

}  // namespace asmgr::e2e
