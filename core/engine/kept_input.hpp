// The input of a run that waits, where redaction changed what its row shows: kept verbatim until the run begins or
// ends, in a record of its own, which is never listed or exported; or, where that is forbidden, in memory alone.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "core/model/run.hpp"
#include "core/ports/store.hpp"
#include "core/redaction/redactor.hpp"

namespace asmgr {

// Takes the secrets out of the run's input and notes that in its metadata (input_redacted). False: there were none.
bool redact_input(const Redactor& redactor, Run& run);
[[nodiscard]] bool input_is_redacted(const Run& run);

[[nodiscard]] RecordWrite keep_input(const Run& run, const std::string& tenant, const boost::json::value& verbatim);
[[nodiscard]] RecordWrite forget_input(const Run& run, const std::string& tenant);
// Reads the store. Errors: input_redacted when it is not there, the store's.
[[nodiscard]] Result<boost::json::value> read_kept_input(Store& store, const std::string& run_id);

}  // namespace asmgr
