// What a run is expected to use, as far as that is known before it begins.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>

#include <string>

#include "core/engine/run_plan.hpp"

namespace asmgr {

// The model that the run uses as long as its provider names no other: of its options, else the provider's first. Empty
// when nobody says.
[[nodiscard]] std::string expected_model(const boost::json::object& adapter_opts, const ProviderInfo& provider);

// What preflight is told (asmgr/abi/policy.h): the input, taken as four characters a token, and the most that the
// provider may answer, priced as the model that the run is going to use. `input_chars` counts all that the provider is
// told. Of a router, what its dearest target would take, and no price where that of one of them is not known.
[[nodiscard]] boost::json::object estimate_of(const RunPlan& plan, std::size_t input_chars);

}  // namespace asmgr
