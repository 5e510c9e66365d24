// Removes what processes left that did not end in order.
#pragma once

#include <asmgr/plugin.hpp>

#include "root.hpp"

namespace asmgr::file_store {

// While the store is locked: the workplaces nobody works in and, where there was one, all marks and objects that no
// entry names. Costs one directory listing when there is nothing to do, else reading all entries.
// Throws std::system_error.
void sweep(const Root& root, const sdk::Logger& log);

}  // namespace asmgr::file_store
