// What permission modes are to Codex.
#pragma once

#include <asmgr/toolkit/agent_config.hpp>
#include <string_view>

namespace asmgr::codex {

// The name of the sandbox: read-only, workspace-write or danger-full-access.
[[nodiscard]] std::string_view sandbox_of(agent::PermissionMode mode) noexcept;

}  // namespace asmgr::codex
