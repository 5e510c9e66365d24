#include "core/config/find_program.hpp"

#include <unistd.h>

#include <filesystem>
#include <sstream>

namespace asmgr {

std::string find_program(const std::string& name, const EnvironmentLookup& environment) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? name : std::string();
  std::istringstream folders(environment("PATH").value_or("/usr/bin:/bin"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = (folder.empty() ? "." : folder) + "/" + name;
    std::error_code ignored;
    if (::access(file.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(file, ignored)) return file;
  }
  return {};
}

}  // namespace asmgr
