// Finds and checks what a Command names, before anything is forked, so that the usual mistakes get good messages.
#ifndef ASMGR_TOOLKIT_EXEC_LAUNCH_TARGET_HPP_
#define ASMGR_TOOLKIT_EXEC_LAUNCH_TARGET_HPP_

#include <asmgr/toolkit/exec.hpp>

#include <string>
#include <variant>

namespace asmgr::exec {

// The path to execute.
[[nodiscard]] std::variant<std::string, SpawnError> find_target(const Command& command);

// The text of an errno value.
[[nodiscard]] std::string describe_errno(int error_number);

}  // namespace asmgr::exec

#endif  // ASMGR_TOOLKIT_EXEC_LAUNCH_TARGET_HPP_
