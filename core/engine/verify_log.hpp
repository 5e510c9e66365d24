// Whether a stored log is what was written.
#pragma once

#include <optional>

#include "core/engine/log_options.hpp"
#include "core/engine/stored_log.hpp"

namespace asmgr {

// Recomputes the chain of a session of this store, deleted or not, up to its head of now. Blocks. Errors:
// session_not_found, and what reading answers unless it says that something is damaged: that is what was found.
[[nodiscard]] Result<VerifiedLog> verify_log(StoreHost& host, const Session& session);

}  // namespace asmgr
