// What a run is expected to use before it begins, as policies are told it.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/cost/price_table.hpp"

namespace asmgr {

struct ExpectedRun {
  std::size_t input_chars = 0;                    // of all that the provider is told
  std::optional<std::int64_t> max_output_tokens;  // of one answer; empty = not known
  std::string_view vendor;                        // of the price table
  std::string_view model;                         // empty = not known
};
// {"input_chars","input_tokens","max_output_tokens","input_cost_usd","cost_usd"} (asmgr/abi/policy.h): the input taken
// as four characters a token; null is what is not known.
[[nodiscard]] boost::json::object estimate_of(const ExpectedRun& run, const PriceTable& prices);

}  // namespace asmgr
