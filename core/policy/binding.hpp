// A policy as a pipeline holds it: the instance and what the host does when it fails or cannot be enforced.
#pragma once

#include <cstdint>
#include <memory>

#include "core/ports/policy.hpp"

namespace asmgr {

// What a failing, hanging or lying policy counts as.
enum class OnPolicyError : std::uint8_t { cancel, deny, warn };
enum class OnUnenforceable : std::uint8_t { refuse, warn };

struct PolicyBinding {
  std::shared_ptr<Policy> policy;
  OnPolicyError on_error = OnPolicyError::cancel;
  OnUnenforceable on_unenforceable = OnUnenforceable::refuse;
};

// How limits of several policies combine.
enum class LimitMerge : std::uint8_t { tightest, last_wins };

}  // namespace asmgr
