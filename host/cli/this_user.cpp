#include "host/cli/this_user.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace asmgr::cli {

Caller this_user() {
  Caller caller;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> room{};
  const bool known = getpwuid_r(geteuid(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr;
  caller.actor = known ? std::string(found->pw_name) : "uid " + std::to_string(geteuid());
  return caller;
}

}  // namespace asmgr::cli
