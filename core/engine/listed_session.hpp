// A session as lists show it.
#pragma once

#include "core/engine/options.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// Reads the head, and the running runs of a session that may have some. What cannot be read is left out.
[[nodiscard]] ListedSession listed(Store& store, Session session);

}  // namespace asmgr
