// Entries that cannot all be meant: what is allowed and denied, and what is said twice.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "settings.hpp"

namespace asmgr::tool_rules {

// Gets the JSON pointer of an entry and what is wrong with it, naming the other entry.
void check_lists(const Settings& settings, const ProblemSink& problem);

// The first of `denied` that denies every call that `allowed` allows; nullopt when there is none.
[[nodiscard]] std::optional<std::size_t> find_denial(const Rule& allowed, const std::vector<Rule>& denied);

// An entry as it is written, for messages.
[[nodiscard]] std::string text_of(const Rule& rule);

}  // namespace asmgr::tool_rules
