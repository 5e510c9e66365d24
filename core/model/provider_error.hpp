// ProviderError to and from its JSON object of six keys.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "core/model/error.hpp"

namespace asmgr {

// {"provider","kind","message","exit_code","stderr","truncated"}: always all six, `truncated` true or null.
[[nodiscard]] boost::json::object to_json(const ProviderError& provider_error);

// Brings whatever a provider says of its failure into the stable shape, and never fails: a provider without a name is
// "unknown"; so is a kind that is no snake_case name; an empty message becomes the first line of stderr, else a fixed
// text; an exit code may also be a string of digits; stderr is cut (truncate_error_text).
[[nodiscard]] ProviderError provider_error_from_json(const boost::json::object& json);

}  // namespace asmgr
