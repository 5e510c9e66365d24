// `route:` of a provider: typed, and what a schema cannot say of it checked.
#pragma once

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

// `json` is the block as the schema made it, `entry` the provider's entry in the file. Adds an error for a target that
// is listed twice and for weights of which none counts, and a warning for a weight that the strategy does not look at.
[[nodiscard]] RouteSpec parse_route(const ConfigMember& entry, const boost::json::object& json,
                                    Diagnostics& diagnostics);

}  // namespace asmgr
