// What a configuration may know of the process it is read in; tests give their own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr {

// The value of an environment variable; nullopt when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

[[nodiscard]] EnvironmentLookup process_environment();

}  // namespace asmgr
