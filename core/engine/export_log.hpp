// A stored log as the lines of an export.
#pragma once

#include "core/engine/log_options.hpp"
#include "core/engine/stored_log.hpp"

namespace asmgr {

// Everything up to log.head, and the runs that had ended there. Blocks. Errors: as export_session.
[[nodiscard]] Result<ExportedSession> export_log(const StoredLog& log, const TextWriter& write);

}  // namespace asmgr
