// Takes the place of plugins/file/system_calls.cpp: the call of one's choice fails, or ends the process.
#pragma once

namespace asmgr::file_store::sys {

// The `number`-th call from now on (from 1) fails with `error`, once.
void fail_call(int number, int error);
// Every call that changes something fails with `error`.
void fail_changes(int error);
// SIGKILL instead of the `number`-th call from now on.
void end_at_call(int number);
// All calls succeed again. Returns whether one failed since it was told to.
bool heal();

}  // namespace asmgr::file_store::sys
