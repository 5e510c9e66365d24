#include "root.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <asmgr/cpp/error.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>

#include "store_lock.hpp"

namespace asmgr::file_store {
namespace {

constexpr std::string_view kFormat = "asmgr file artifacts 1\n";
constexpr std::string_view kFormatOfAnyVersion = "asmgr file artifacts ";
constexpr char kFormatFile[] = "format";
constexpr char kNewFormatFile[] = "format.new";
constexpr std::array<std::string_view, 5> kOfAnUnfinishedStore = {"lock", "keys", "objects", "tmp", kNewFormatFile};
constexpr std::chrono::seconds kOpeningPatience{20};

Folder open_folder_of(const std::string& path) {
  std::error_code problem;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, problem);
  if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) throw_errno("cannot make the folder '" + path + "'");
  // The root itself may be a link: it is the operator who names it.
  Descriptor fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) throw_errno("cannot open the folder '" + path + "'");
  return {std::move(fd), path};
}

// Whether a store is there. Throws for one of another version, and for what is none.
bool is_store(const Folder& root) {
  constexpr std::size_t kLongestFormat = 100;
  const auto format = root.read_file(kFormatFile, kLongestFormat);
  if (format == kFormat) return true;
  if (format && format->starts_with(kFormatOfAnyVersion))
    throw sdk::StatusError(ASMGR_E_MIGRATION_REQUIRED,
                           "the artifacts in '" + root.shown() + "' were written by a newer version (" +
                               format->substr(0, format->find('\n')) + "); use that version or another root");
  for (const std::string& name : root.names()) {
    if (std::find(kOfAnUnfinishedStore.begin(), kOfAnUnfinishedStore.end(), name) != kOfAnUnfinishedStore.end())
      continue;
    // Somebody else may just have finished what this began to look at.
    if (name == kFormatFile && !format) continue;
    throw sdk::StatusError(ASMGR_E_STORAGE, "the folder '" + root.shown() + "' has other files in it ('" + name +
                                                "') and is no store of artifacts; name a new or empty folder");
  }
  return false;
}

void make_store(const Folder& root) {
  for (const char* name : {"keys", "objects", "tmp"}) static_cast<void>(root.make(name));
  root.remove_file(kNewFormatFile);
  const Descriptor file = root.create_file(kNewFormatFile);
  write_all(file.get(), kFormat, root.shown() + "/" + kNewFormatFile);
  sync_file(file.get(), root.shown() + "/" + kNewFormatFile);
  root.move_to(kNewFormatFile, root, kFormatFile);
  root.sync();
}

}  // namespace

Root open_root(const std::string& path, Turnstile& threads) {
  Folder root = open_folder_of(path);
  if (!is_store(root)) {
    const StoreLock lock(root, threads, kOpeningPatience);
    if (!is_store(root)) make_store(root);
  }
  Folder keys = root.open("keys");
  Folder objects = root.open("objects");
  Folder temporary = root.open("tmp");
  return {std::move(root), std::move(keys), std::move(objects), std::move(temporary)};
}

}  // namespace asmgr::file_store
