// The query facet of a store, or why there is none.
#pragma once

#include "core/ports/store.hpp"

namespace asmgr {

// Errors: capability_not_supported naming the store.
[[nodiscard]] Result<StoreQueries*> queries_of(Store& store);

}  // namespace asmgr
