// The steps of a session that is made for one run.
#pragma once

#include "core/engine/engine.hpp"

namespace asmgr {

// The session the options name, else an active one that is made for the run. Errors: what the options ask for cannot be
// had; nothing was made then.
[[nodiscard]] Result<std::string> session_for(SessionManager& manager, const Wiring& wiring,
                                              const RunOnceOptions& options);
// A pending run in it; says so through on_started.
[[nodiscard]] Result<Run> start_run_in(SessionManager& manager, const std::string& session_id,
                                       const RunOnceOptions& options);
[[nodiscard]] ExecuteRunOptions execution_of(const RunOnceOptions& options, const std::string& run_id);
// Brings the session to the status that matches its one run. Returns what could not be done, as a warning.
[[nodiscard]] std::optional<std::string> finish_session(SessionManager& manager, const std::string& session_id,
                                                        const RunOnceOptions& options, const Result<RunResult>& result);

}  // namespace asmgr
