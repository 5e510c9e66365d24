// Units that need no owner, written by a thread that waits for what becomes of them: never one of the engine's.
#pragma once

#include "core/engine/store_host.hpp"

namespace asmgr {

// Errors: why the store refused it; nothing was written, or nobody knows. Blocks.
[[nodiscard]] Result<UnitResult> write_and_wait(StoreHost& host, CommitUnit unit);
// The same, with the act on record in the same commit call.
[[nodiscard]] Result<UnitResult> write_and_wait(StoreHost& host, CommitUnit unit, const AuditAct& act);

// Puts the record where one of this version is (kVersionAbsent: none), and gives it the next. False: somebody else was
// faster. Blocks. Errors: as above.
[[nodiscard]] Result<bool> replace_record(StoreHost& host, Record record, std::uint64_t version);

}  // namespace asmgr
