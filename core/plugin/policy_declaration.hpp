// What a policy says of itself, read strictly: a rule that is misread is a rule that does not hold.
#pragma once

#include <string_view>

#include "core/ports/policy.hpp"

namespace asmgr {

// `name` is the instance's. Errors: validation_error, invalid_format; the message is the end of a sentence about the
// declaration ("its on_violation is 'maybe', ...").
[[nodiscard]] Result<PolicyInfo> read_policy_declaration(std::string_view name, std::string_view json);

}  // namespace asmgr
