// Where the policies of a file were written, for who asks why a run was stopped.
#pragma once

#include <memory>

#include "core/config/spec.hpp"
#include "core/policy/binding.hpp"

namespace asmgr {

// The policy's entry, and of its `config:` each key, each item of its lists ("rules[0]") and each of those again under
// the `name` that it has. Values of the file are not kept, only names and places.
[[nodiscard]] std::shared_ptr<const PolicySource> source_of_entry(const PolicySpec& policy, const Sources& sources);

// "asmgr.yaml:14"; a setting of the command line has no lines: "--set policies.budget.config.max_turns".
[[nodiscard]] std::string place_text(const Position& position, const Sources& sources);

}  // namespace asmgr
