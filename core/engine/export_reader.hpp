// Reads what ExportWriter wrote and believes none of it: a line that is missing, doubled, out of place or changed in
// any byte is an error that names it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/copied_log.hpp"
#include "core/engine/export_seal.hpp"
#include "core/engine/log_options.hpp"
#include "core/model/artifact.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/run.hpp"

namespace asmgr {

struct ReadExport {
  Session session;
  LogPosition head;
  std::shared_ptr<CopiedLog> log = std::make_shared<CopiedLog>();
  std::vector<Run> runs;              // that have ended, in order of id
  std::vector<Artifact> artifacts;    // in order of key
  std::uint64_t unfinished_runs = 0;  // others that the file has, left out
};

// To the end of the file. Errors: validation_error with {"line"} in the details, invalid_operation when the log is
// longer than may be copied, and what `read` says.
[[nodiscard]] Result<ReadExport> read_export(const TextReader& read);

}  // namespace asmgr
