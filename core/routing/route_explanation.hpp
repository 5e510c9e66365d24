// Why a router would take which target, as data.
#pragma once

#include <boost/json/object.hpp>

#include "core/routing/router.hpp"

namespace asmgr {

// {"router","strategy","max_attempts","cooldown_ms","sticky_ttl_ms","failover_after_output",
//  "circuit_breaker": {"failure_threshold","cooldown_ms","half_open_max_probes"},
//  "grade","grade_of","capabilities": ["type/name"],
//  "targets": [{"place","target","weight","grade","capabilities","model","price_usd","latency_ms","breaker","failures",
//               "chosen","why"}]}
// in the order in which a run like this one would try them, then those that are left out (place null). `grade_of` is
// the target that makes the grade what it is; price_usd is for a million tokens in and a million out, null = not known.
// As of this router alone: another process knows other things of the same targets.
[[nodiscard]] boost::json::object explain_route(const Router& router, const RouteQuestion& question);

}  // namespace asmgr
