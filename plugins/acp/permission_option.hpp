// Which of an agent's answers to its own question says what was decided.
#pragma once

#include <boost/json/array.hpp>
#include <optional>
#include <string>

namespace asmgr::acp {

// The id of the option to select, by its `kind`, since ids differ from agent to agent; nullopt = none fits: the outcome
// is `cancelled`. Allowing takes `allow_once` only: with `allow_always` the agent would not ask the next time.
// Refusing takes `reject_once`, else `reject_always`.
[[nodiscard]] std::optional<std::string> choose_option(const boost::json::array& options, bool allowed);

}  // namespace asmgr::acp
