#include "permissions.hpp"

namespace asmgr::codex {

std::string_view sandbox_of(agent::PermissionMode mode) noexcept {
  switch (mode) {
    case agent::PermissionMode::kPlan:
      return "read-only";
    case agent::PermissionMode::kDangerouslySkipPermissions:
      return "danger-full-access";
    case agent::PermissionMode::kDefault:
    case agent::PermissionMode::kAcceptEdits:
    case agent::PermissionMode::kFullAuto:
      break;
  }
  return "workspace-write";
}

}  // namespace asmgr::codex
