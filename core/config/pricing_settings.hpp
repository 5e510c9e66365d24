// host.pricing: an operator's prices over the shipped ones.
#pragma once

#include <boost/json/object.hpp>

#include "core/config/diagnostic.hpp"
#include "core/config/tree.hpp"
#include "core/cost/price_table.hpp"

namespace asmgr {

// `json` is host.pricing as the file's schema left it, `node` the same in the file (null: it is not there). A price
// that cannot be used is reported at its model.
[[nodiscard]] PriceTable parse_pricing(const boost::json::object& json, const ConfigNode* node,
                                       Diagnostics& diagnostics);

}  // namespace asmgr
