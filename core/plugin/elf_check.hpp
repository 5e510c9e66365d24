// What can be said about a plugin file without running any of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace asmgr {

struct ElfProblem {
  std::string why;
  std::string what_to_do;
};

// Nothing when `bytes` are a complete shared library of this machine that defines `entry_symbol` (or has been stripped
// of the tables that would tell). Undefined symbols are left to the loader, whose words are better.
[[nodiscard]] std::optional<ElfProblem> check_elf(std::string_view bytes, std::string_view entry_symbol);

}  // namespace asmgr
