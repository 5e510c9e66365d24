#include "file_system.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <asmgr/cpp/error.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace asmgr::sqlite_store {
namespace {

struct NetworkFileSystem {
  std::uint32_t magic;
  std::string_view name;
};

// The numbers of statfs(2) and of the kernel's headers.
constexpr std::array<NetworkFileSystem, 14> kNetworkFileSystems = {{
    {0x00006969, "nfs"},
    {0x0000517b, "smb"},
    {0xff534d42, "cifs"},
    {0xfe534d42, "smb2"},
    {0x01021997, "9p"},
    {0x5346414f, "afs"},
    {0x6b414653, "kafs"},
    {0x00c36400, "ceph"},
    {0x0bd00bd0, "lustre"},
    {0x01161970, "gfs2"},
    {0x7461636f, "ocfs2"},
    {0x73757245, "coda"},
    {0x47504653, "gpfs"},
    {0x0000564c, "ncp"},
}};

std::string folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

[[noreturn]] void fail_on_file(const std::string& what, int error) {
  throw sdk::StatusError(ASMGR_E_STORAGE_CONNECTION, what + ": " + std::generic_category().message(error) +
                                                         "; check the path and the permissions of its folder");
}

}  // namespace

std::string_view network_file_system(long magic) noexcept {
  for (const NetworkFileSystem& known : kNetworkFileSystems) {
    if (known.magic == static_cast<std::uint32_t>(magic)) return known.name;
  }
  return {};
}

void prepare_location(const std::string& path) {
  const std::string folder = folder_of(path);
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) fail_on_file("cannot make the folder '" + folder + "' for the database", problem.value());

  struct statfs info {};
  // Of the file itself where it is there: it may be a link to elsewhere.
  if (statfs(path.c_str(), &info) != 0 && statfs(folder.c_str(), &info) != 0)
    fail_on_file("cannot examine the file system of '" + folder + "'", errno);
  const std::string_view network = network_file_system(static_cast<long>(info.f_type));
  if (!network.empty())
    throw sdk::StatusError(ASMGR_E_STORAGE, "'" + path + "' lies on a network file system (" + std::string(network) +
                                                "), where SQLite's locks do not hold; put the file on a local disk, or "
                                                "use a database server for several machines");

  // Only where it is missing: closing a descriptor of an open database would drop the locks this process has on it.
  const int made = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (made >= 0) {
    close(made);
  } else if (errno != EEXIST) {
    fail_on_file("cannot create the database '" + path + "'", errno);
  }
}

}  // namespace asmgr::sqlite_store
