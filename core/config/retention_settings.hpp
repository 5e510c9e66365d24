// stores.*.retention: what a store is to keep.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "core/config/diagnostic.hpp"
#include "core/config/tree.hpp"
#include "core/engine/wiring.hpp"

namespace asmgr {

// `json` is the store's `retention` as the file's schema left it, `node` the same in the file, `path` what it is
// called. What the schema could not see is reported at its field.
[[nodiscard]] StoreRetention parse_retention(const boost::json::object& json, const ConfigNode& node,
                                             const std::string& path, Diagnostics& diagnostics);

}  // namespace asmgr
