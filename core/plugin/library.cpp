#include "core/plugin/library.hpp"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <exception>
#include <optional>

#include "core/plugin/elf_check.hpp"

namespace asmgr {
namespace {

namespace dll = boost::dll;

std::string advice_for(std::string_view reason) {
  if (reason.starts_with("undefined symbol")) {
    return "link the library that defines it into the plugin (asmgr_add_plugin finds this at build time)";
  }
  if (reason.find("cannot open shared object file") != std::string_view::npos) {
    return "install the library it needs";
  }
  if (reason.find("version `") != std::string_view::npos) {
    return "build the plugin on this system, or install the newer library it was built against";
  }
  return "check the file with ldd, and build it with asmgr_add_plugin";
}

}  // namespace

std::string loader_reason(std::string_view wrapped, std::string_view loaded_path) {
  constexpr std::string_view kOpening = "(dlerror system message: ";
  std::string_view reason = wrapped;
  if (const std::size_t begin = reason.find(kOpening); begin != std::string_view::npos) {
    reason.remove_prefix(begin + kOpening.size());
    reason = reason.substr(0, reason.rfind("): "));
  }
  const std::string prefix = std::string(loaded_path) + ": ";
  if (reason.starts_with(prefix)) reason.remove_prefix(prefix.size());
  return std::string(reason);
}

Result<const asmgr_plugin*> load_library(const PluginSubject& subject, const TrustedFile& file, LoadFrom from) {
  const auto refuse = [&](std::string_view why, std::string_view what_to_do) {
    return load_error(ErrorCode::plugin_load_failed, subject, why, what_to_do);
  };
  if (const auto problem = check_elf(file.bytes, ASMGR_ENTRY_SYMBOL)) return refuse(problem->why, problem->what_to_do);

  std::string path = file.file.string();
  if (from == LoadFrom::sealed_memory) {
    const Result<int> memory = seal_in_memory(subject, file.bytes);
    if (!memory) return memory.error();
    path = "/proc/self/fd/" + std::to_string(*memory);
  }
  asmgr_plugin_entry_fn entry = nullptr;
  try {
    // NODELETE, because a library that its author linked without it must not go when this object does.
    const auto mode =
        dll::load_mode::rtld_now | dll::load_mode::rtld_local | static_cast<dll::load_mode::type>(RTLD_NODELETE);
    const dll::shared_library library(std::filesystem::path(path), mode);
    if (!library.has(ASMGR_ENTRY_SYMBOL)) {
      return refuse("it has no entry: the symbol " ASMGR_ENTRY_SYMBOL " is not exported",
                    "build it with asmgr_add_plugin and one ASMGR_EXPORT entry function");
    }
    entry = &library.get<const asmgr_plugin*() noexcept>(ASMGR_ENTRY_SYMBOL);
  } catch (const std::exception& thrown) {
    const std::string reason = loader_reason(thrown.what(), path);
    return refuse(reason, advice_for(reason));
  }

  const asmgr_plugin* plugin = nullptr;
  try {
    const asmgr_plugin* (*may_throw)() = entry;
    plugin = may_throw();
  } catch (...) {
    return refuse("its entry threw an exception", "return a constant description from " ASMGR_ENTRY_SYMBOL);
  }
  if (plugin == nullptr) {
    return refuse("its entry returned no description", "return a constant description from " ASMGR_ENTRY_SYMBOL);
  }
  return plugin;
}

}  // namespace asmgr
