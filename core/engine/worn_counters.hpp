// Counters of budgets that nobody asks for any more, such as those of windows that are over.
#pragma once

#include "core/engine/store_host.hpp"
#include "core/model/time.hpp"

namespace asmgr {

// Removes those whose time is over and of which no run holds anything: what is held is settled in its counter, however
// late. On a reader thread; some at a time, and none that cannot be read: the next call finds what is left.
void remove_worn_counters(StoreHost& host, Timestamp now);

}  // namespace asmgr
