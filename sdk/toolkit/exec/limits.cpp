#include <asmgr/toolkit/exec.hpp>

namespace asmgr::exec {
namespace {

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::uint64_t kUnit = 1024;
  const char* unit = " bytes";
  for (const char* larger : {" KiB", " MiB", " GiB"}) {
    if (bytes < kUnit || bytes % kUnit != 0) break;
    bytes /= kUnit;
    unit = larger;
  }
  return std::to_string(bytes) + unit;
}

}  // namespace

std::string_view limit_name(Limit limit) noexcept {
  switch (limit) {
    case Limit::kMemory:
      return "memory";
    case Limit::kCpu:
      return "cpu";
    case Limit::kFileSize:
      return "file_size";
    case Limit::kOutput:
      return "output";
  }
  return "unknown";
}

std::string limit_text(Limit limit, const ResourceLimits& each, const TreeLimits& tree) {
  switch (limit) {
    case Limit::kMemory:
      return "it used more than " + bytes_text(tree.memory_bytes) + " of memory";
    case Limit::kCpu:
      return "it used more than " +
             std::to_string(tree.cpu.count() != 0 ? tree.cpu.count()
                                                  : static_cast<std::int64_t>(each.cpu_seconds) * 1000) +
             " ms of CPU time";
    case Limit::kFileSize:
      return "it wrote a file of more than " + bytes_text(each.file_size_bytes);
    case Limit::kOutput:
      return "it wrote more than " + bytes_text(tree.output_bytes) + " of output";
  }
  return "it passed a limit";
}

}  // namespace asmgr::exec
