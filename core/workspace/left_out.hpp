// What a snapshot did not take, and by which rules: kept with it, so that a rollback removes nothing that it never saw.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/workspace/snapshot.hpp"

namespace asmgr::workspace {

struct LeftOut {
  std::vector<std::string> excluded;  // absolute: the files of the host that took it
  IgnoreRules rules;                  // of the hash backend
  std::vector<std::string> ignored;   // of git: what its rules left out, in order; a folder ends in '/'
  bool operator==(const LeftOut&) const = default;
};

// As bytes for a file, ended by a checksum; and back. Errors: storage_error when it is damaged, cut or empty.
[[nodiscard]] std::string to_bytes(const LeftOut& left_out);
[[nodiscard]] Result<LeftOut> left_out_from_bytes(std::string_view bytes, std::string_view what);

}  // namespace asmgr::workspace
