// Units that need no owner, written by a thread that waits for what becomes of them.
#pragma once

#include "core/engine/store_host.hpp"

namespace asmgr {

// What the store answered to the unit, which may be a refusal; see refusal_of. Blocks, so never on a thread of the
// engine. Errors: the commit as a whole wrote nothing, or nobody knows.
[[nodiscard]] Result<UnitResult> write_and_wait(StoreHost& host, CommitUnit unit);
// The same, with the act on record in the same commit call.
[[nodiscard]] Result<UnitResult> write_and_wait(StoreHost& host, CommitUnit unit, const AuditAct& act);

// Why the unit was not written; its answer is not ok.
[[nodiscard]] Error refusal_of(const UnitResult& result);

}  // namespace asmgr
