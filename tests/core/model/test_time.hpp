// One moment for the tests of the model.
#pragma once

#include "core/model/time.hpp"

namespace asmgr {

inline constexpr Timestamp kNow{1767323045678901};

}  // namespace asmgr
