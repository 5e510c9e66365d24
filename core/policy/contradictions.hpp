// Policies of one stack that take back what another one grants.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/policy/binding.hpp"

namespace asmgr {

// A tool that one policy allows and another one denies whatever the call: it could never be called.
struct Contradiction {
  std::string allowing;  // names of the policies
  std::string denying;
  std::string allowed;  // the entries of their tool rules, as JSON
  std::string denied;
  bool refused = true;  // false: both policies only warn
  [[nodiscard]] std::string message() const;
};

// From what the policies declare as tool rules, one for each entry that is allowed. Names and globs are compared as
// they are written; what looks alike, or depends on how a policy reads names, is left to its own preflight.
[[nodiscard]] std::vector<Contradiction> find_contradictions(std::span<const PolicyBinding> policies);

}  // namespace asmgr
