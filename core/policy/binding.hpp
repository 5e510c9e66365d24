// A policy as a pipeline holds it: the instance and what the host does when it fails or cannot be enforced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/ports/policy.hpp"

namespace asmgr {

// What a failing, hanging or lying policy counts as.
enum class OnPolicyError : std::uint8_t { cancel, deny, warn };
enum class OnUnenforceable : std::uint8_t { refuse, warn };

// Where a policy was written.
struct PolicySource {
  std::string entry;                        // "asmgr.yaml:14", or "inline" for one that a caller gave as JSON
  std::map<std::string, std::string> keys;  // of its configuration: "max_turns" -> "asmgr.yaml:16"
};

struct PolicyBinding {
  std::shared_ptr<Policy> policy;
  OnPolicyError on_error = OnPolicyError::cancel;
  OnUnenforceable on_unenforceable = OnUnenforceable::refuse;
  // Never changed and shared by every run that uses the policy; null = an object that a program made.
  std::shared_ptr<const PolicySource> source = nullptr;
};

// Where a rule or a limit of the policy was written: at the key of that name, else at the policy's entry. A limit may
// be named after its key and the unit it is counted in (max_duration_ms). Empty = nobody wrote it.
[[nodiscard]] std::optional<std::string> source_of(const PolicyBinding& policy, std::string_view rule);

// How limits of several policies combine.
enum class LimitMerge : std::uint8_t { tightest, last_wins };

}  // namespace asmgr
