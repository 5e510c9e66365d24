// Where a session is kept before anything of it is taken: a folder of export files, or another store.
//
// An archive never loses what it has. One that was made at the same place of the log stays as it is, since a log only
// loses texts at one place; what another store has of a log is continued, not replaced.
#pragma once

#include <memory>

#include "core/engine/stored_log.hpp"
#include "core/retention/policy.hpp"

namespace asmgr {

class SessionArchive {
 public:
  enum class Kept : std::uint8_t { now, before };

  virtual ~SessionArchive() = default;
  // Durable when it returns. Blocks. Errors: a log that does not verify is not archived; what cannot be written.
  [[nodiscard]] virtual Result<Kept> keep(const StoredLog& log) = 0;
};

// Null when the place is none. Errors: validation_error (no such store, the store itself), and what making the folder
// answers.
[[nodiscard]] Result<std::unique_ptr<SessionArchive>> open_archive(SessionManager::Engine& engine, const StoreHost& of,
                                                                   const ArchivePlace& place);

// The two kinds.
[[nodiscard]] Result<std::unique_ptr<SessionArchive>> open_archive_folder(const std::string& folder);
[[nodiscard]] std::unique_ptr<SessionArchive> archive_in_store(StoreHost& store);

}  // namespace asmgr
