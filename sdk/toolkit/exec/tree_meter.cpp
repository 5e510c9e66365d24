#include "tree_meter.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "proc_file.hpp"

namespace asmgr::exec {
namespace {

constexpr int kFirstLookMs = 5;
constexpr int kLimitedLookMs = 50;
constexpr int kIdleLookMs = 5000;
constexpr std::uint64_t kKilobyte = 1024;
constexpr std::uint64_t kInheritedMargin = 1024 * kKilobyte;

std::uint64_t number_at(const char* at) noexcept {
  while (*at == ' ' || *at == '\t') ++at;
  std::uint64_t value = 0;
  while (*at >= '0' && *at <= '9') value = value * 10 + static_cast<std::uint64_t>(*at++ - '0');
  return value;
}

// What stands after `name` at the beginning of a line, in bytes; 0 when there is no such line.
std::uint64_t kilobytes_after(const char* text, const char* name) noexcept {
  const char* at = std::strstr(text, name);
  return at == nullptr ? 0 : number_at(at + std::strlen(name)) * kKilobyte;
}

struct Use {
  std::uint64_t resident_bytes = 0;
  std::int64_t cpu_us = 0;
};

// /proc/PID/stat: after `pid (name) ` state is field 3; times of itself and of children it waited for are 14 to 17 in
// ticks, resident pages are 24.
Use read_use(pid_t pid) noexcept {
  Use use;
  char buffer[1024];
  if (!read_beginning(ProcPath().text("/proc/").number(pid).text("/stat").c_str(), buffer, sizeof buffer)) return use;
  const char* at = std::strrchr(buffer, ')');
  std::uint64_t ticks = 0;
  for (int field = 3; at != nullptr && field <= 24; ++field) {
    at = std::strchr(at + 1, ' ');
    if (at == nullptr) break;
    if (field >= 14 && field <= 17) ticks += number_at(at);
    if (field == 24) use.resident_bytes = number_at(at) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  use.cpu_us = static_cast<std::int64_t>(ticks) * 1'000'000 / sysconf(_SC_CLK_TCK);
  return use;
}

// The peak of one process since it was executed.
std::uint64_t read_peak(pid_t pid) noexcept {
  char buffer[2048];
  if (!read_beginning(ProcPath().text("/proc/").number(pid).text("/status").c_str(), buffer, sizeof buffer)) return 0;
  return kilobytes_after(buffer, "\nVmHWM:");
}

// Its resident memory with every shared page divided among those who share it. Costs much more than resident_bytes.
std::uint64_t read_share(pid_t pid, std::uint64_t otherwise) noexcept {
  char buffer[1024];
  if (!read_beginning(ProcPath().text("/proc/").number(pid).text("/smaps_rollup").c_str(), buffer, sizeof buffer))
    return otherwise;
  return kilobytes_after(buffer, "\nPss:");
}

std::int64_t microseconds(const timeval& time) noexcept {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
}

rusage usage_of_ended() noexcept {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return usage;
}

}  // namespace

TreeMeter::TreeMeter(const MeteredLimits& limits) noexcept
    : limits_(limits), inherited_bytes_(read_use(getpid()).resident_bytes), pause_ms_(kFirstLookMs) {}

std::optional<Limit> TreeMeter::look(const Descendant* table, std::size_t count) noexcept {
  const bool limited = limits_.memory_bytes != 0 || limits_.cpu_us != 0;
  pause_ms_ = std::min(pause_ms_ * 2, limited ? kLimitedLookMs : kIdleLookMs);
  const rusage ended = usage_of_ended();
  std::int64_t cpu_us = microseconds(ended.ru_utime) + microseconds(ended.ru_stime);
  std::uint64_t resident = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Use use = read_use(table[i].pid);
    resident += use.resident_bytes;
    cpu_us += use.cpu_us;
    max_rss_bytes_ = std::max(max_rss_bytes_, read_peak(table[i].pid));
  }
  // A process that has just forked shares everything with its child: only what is left after sharing out is too much.
  if (limits_.memory_bytes != 0 && resident > limits_.memory_bytes) {
    resident = 0;
    for (std::size_t i = 0; i < count; ++i) {
      resident += read_share(table[i].pid, read_use(table[i].pid).resident_bytes);
    }
  }
  max_rss_bytes_ = std::max(max_rss_bytes_, resident);
  if (limits_.memory_bytes != 0 && resident > limits_.memory_bytes) return Limit::kMemory;
  if (limits_.cpu_us != 0 && cpu_us > limits_.cpu_us) return Limit::kCpu;
  return std::nullopt;
}

void TreeMeter::note_end(const rusage& usage) noexcept {
  const std::uint64_t peak = static_cast<std::uint64_t>(usage.ru_maxrss) * kKilobyte;
  if (peak > inherited_bytes_ + kInheritedMargin) max_rss_bytes_ = std::max(max_rss_bytes_, peak);
}

TreeFigures TreeMeter::figures() const noexcept {
  const rusage ended = usage_of_ended();
  return {max_rss_bytes_, microseconds(ended.ru_utime), microseconds(ended.ru_stime)};
}

}  // namespace asmgr::exec
