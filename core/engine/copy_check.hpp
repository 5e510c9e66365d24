// Whether a store's copy holds what the store does, row by row, each log followed from its first event.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "core/engine/store_copy.hpp"

namespace asmgr {

// `since`: the change of `from` up to which `to` should be the same; what changed later is no fault. Sessions of
// `at_work` are hidden in `to`: only their logs are looked at. Fills compared, moved and problems of the report.
// Errors: the stores', cancelled.
[[nodiscard]] Result<void> check_copy(Store& from, Store& to, const StoreCopyOptions& options,
                                      const std::set<std::string, std::less<>>& at_work,
                                      std::optional<std::uint64_t> since, StoreCopyReport& report);

// cancelled, when somebody asked for it.
[[nodiscard]] Result<void> go_on_copying(const StoreCopyOptions& options);

}  // namespace asmgr
